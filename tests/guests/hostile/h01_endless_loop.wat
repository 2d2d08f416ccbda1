;; H01: an endless loop.
;; Tries: to keep a core for ever with a loop that allocates nothing and calls nobody.
;; Expected: limit(fuel)
;; Why: the cheapest attack there is; a host that runs calls on shared workers and cannot interrupt
;; one loses a worker with every call.
(component
  (core module $m
    (func (export "attack") (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

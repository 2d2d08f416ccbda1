;; H12: a table of ten million elements from the start.
;; Tries: to get its table by declaring it.
;; Expected: refused at preparation
;; Why: no pool slot can hold it, which is known before the first call; this shape once made the
;; engine panic.
(component
  (core module $m
    (table 10000000 funcref)
    (func (export "attack")))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H02: a loop in the start function.
;; Tries: to spin before the call begins: the core module's start function never returns.
;; Expected: limit(fuel)
;; Why: a deadline that is armed only around the exported function misses code that runs while the
;; component is being instantiated.
(component
  (core module $m
    (func $spin (loop $again (br $again)))
    (start $spin)
    (func (export "attack")))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H01: an endless chain of tail calls.
;; Tries: to spin without a loop: two functions that tail-call each other use no stack and have no
;; backward branch.
;; Expected: limit(fuel)
;; Why: an engine that checks for interruption only at loop headers never stops this one.
(component
  (core module $m
    (func $ping (export "attack") (return_call $pong))
    (func $pong (return_call $ping)))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

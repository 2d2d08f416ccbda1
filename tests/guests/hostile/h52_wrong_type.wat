;; H52: a known function of another type.
;; Tries: to call the clock as if it returned 32 bits.
;; Expected: refused at preparation
;; Why: the name matches; what is called must match in type as well.
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $host
    (export "now" (func (result u32)))))
  (core func $call (canon lower (func $host "now")))
  (core module $m
    (import "host" "call" (func $call (result i32)))
    (func (export "attack") (drop (call $call))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "call" (func $call))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

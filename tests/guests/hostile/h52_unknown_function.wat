;; H52: a function that the interface does not have.
;; Tries: to set the host's clock through the interface that reads it.
;; Expected: refused at preparation
;; Why: an interface is known, so only a check of every function in it notices.
(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance $host
    (export "set" (func (param "seconds" u64)))))
  (core func $call (canon lower (func $host "set")))
  (core module $m
    (import "host" "call" (func $call (param i64)))
    (func (export "attack") (call $call (i64.const 0))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "call" (func $call))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

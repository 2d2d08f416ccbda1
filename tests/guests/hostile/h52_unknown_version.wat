;; H52: a version from the future.
;; Tries: to import version 9 of an interface that the host has in version 0.2.
;; Expected: refused at preparation
;; Why: a host that ignores versions gives the guest something other than what it was written for.
(component
  (import "wasi:clocks/monotonic-clock@9.0.0" (instance $host
    (export "now" (func (result u64)))))
  (core func $call (canon lower (func $host "now")))
  (core module $m
    (import "host" "call" (func $call (result i64)))
    (func (export "attack") (drop (call $call))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "call" (func $call))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

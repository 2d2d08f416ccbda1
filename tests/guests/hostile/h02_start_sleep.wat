;; H02: a sleep in the start function.
;; Tries: to wait in the host, for ever, while the component is being instantiated.
;; Expected: limit(wall)
;; Why: fuel does not run while a guest sleeps, so only a clock over the whole call, instantiation
;; included, ends it.
(component $c
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "pollable" (type $timer (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $timer))))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core module $m
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "block" (func $block (param i32)))
    (func $sleep (call $block (call $subscribe (i64.const -1))))
    (start $sleep)
    (func (export "attack")))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "subscribe" (func $subscribe))
      (export "block" (func $block))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H06: a sleep of 584 years.
;; Tries: to wait in the host on a timer that never fires.
;; Expected: limit(wall)
;; Why: a waiting guest burns no fuel and checks for no interruption; only a clock around the host's
;; wait ends it, and the timer must go away with the call.
(component
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
    (func (export "attack") (call $block (call $subscribe (i64.const -1)))))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "subscribe" (func $subscribe))
      (export "block" (func $block))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

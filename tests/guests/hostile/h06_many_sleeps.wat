;; H06: short sleeps without end.
;; Tries: to stay for ever by sleeping a tenth of a millisecond at a time, hardly using the
;; processor.
;; Expected: limit(wall)
;; Why: each wait is short and little fuel is used, so neither a limit per host call nor a quota of
;; instructions ends it; a client that cancels hits it at a different await each time.
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
  (core func $drop (canon resource.drop $pollable))
  (core module $m
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "block" (func $block (param i32)))
    (import "host" "drop" (func $drop (param i32)))
    (func (export "attack") (local $timer i32)
      (loop $again
        (local.set $timer (call $subscribe (i64.const 100000)))
        (call $block (local.get $timer))
        (call $drop (local.get $timer))
        (br $again))))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "subscribe" (func $subscribe))
      (export "block" (func $block))
      (export "drop" (func $drop))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

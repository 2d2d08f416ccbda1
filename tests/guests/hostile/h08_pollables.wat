;; H08: a million timers.
;; Tries: to make the host keep a million pollables, each with a timer of its own.
;; Expected: limit(handles)
;; Why: every handle is host memory that no memory limit counts.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "pollable" (type $timer (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $timer))))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (func (export "attack") (local $left i32)
      (local.set $left (i32.const 1000000))
      (loop $again
        (drop (call $subscribe (i64.const -1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $again (local.get $left)))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "subscribe" (func $subscribe))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H08: a poll of one pollable, named a million times.
;; Tries: to make the host build a million entries, and a million answers, out of a single handle.
;; Expected: limit(host-call-data)
;; Why: a cap on live handles does not see it: the list is guest memory until the host copies it
;; into something many times as large.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "pollable" (type $timer (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $timer))))))
  (core module $heap
    (memory (export "memory") 130)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x400000)))
  (core instance $heap (instantiate $heap))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $poll (canon lower (func $poll "poll")
    (memory (core memory $heap "memory"))
    (realloc (core func $heap "realloc"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "poll" (func $poll (param i32 i32 i32)))
    (func (export "attack") (local $timer i32) (local $at i32)
      (local.set $timer (call $subscribe (i64.const 0)))
      (i32.store (i32.const 0) (local.get $timer))
      (local.set $at (i32.const 4))
      (loop $double
        (memory.copy (local.get $at) (i32.const 0) (local.get $at))
        (local.set $at (i32.shl (local.get $at) (i32.const 1)))
        (br_if $double (i32.lt_u (local.get $at) (i32.const 4000000))))
      (loop $again
        (call $poll (i32.const 0) (i32.const 1000000) (i32.const 0x7f0000))
        (br $again))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "subscribe" (func $subscribe))
      (export "poll" (func $poll))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

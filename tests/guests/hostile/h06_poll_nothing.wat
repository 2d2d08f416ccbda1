;; H06: a poll of an empty list.
;; Tries: to wait for the first of no events.
;; Expected: trapped
;; Why: a wait for nothing never ends; WASI says that it traps, and a host that waits instead holds
;; the call until its deadline.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (core module $heap
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core instance $heap (instantiate $heap))
  (core func $poll (canon lower (func $poll "poll")
    (memory (core memory $heap "memory"))
    (realloc (core func $heap "realloc"))))
  (core module $m
    (import "host" "poll" (func $poll (param i32 i32 i32)))
    (func (export "attack") (call $poll (i32.const 16) (i32.const 0) (i32.const 0))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "poll" (func $poll))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

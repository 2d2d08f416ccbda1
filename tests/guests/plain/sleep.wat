;; Waits on a timer for so many milliseconds, then returns that number.
;; Expected: returned
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "poll" (func (param "in" (list (borrow $pollable))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "pollable" (type $timer (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $timer))))))
  (core module $heap
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
  (core instance $heap (instantiate $heap))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $poll (canon lower (func $poll "poll")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $drop (canon resource.drop $pollable))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "poll" (func $poll (param i32 i32 i32)))
    (import "host" "drop" (func $drop (param i32)))
    (func (export "sleep") (param $milliseconds i32) (result i32)
      ;; A list of one pollable at address 0, the answer at address 8.
      (i32.store (i32.const 0)
        (call $subscribe
          (i64.mul (i64.extend_i32_u (local.get $milliseconds)) (i64.const 1000000))))
      (call $poll (i32.const 0) (i32.const 1) (i32.const 8))
      (call $drop (i32.load (i32.const 0)))
      (local.get $milliseconds)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "subscribe" (func $subscribe))
      (export "poll" (func $poll))
      (export "drop" (func $drop))))))
  (func (export "sleep") (param "milliseconds" u32) (result u32)
    (canon lift (core func $i "sleep"))))

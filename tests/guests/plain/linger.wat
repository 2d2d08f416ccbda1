;; Reports progress once per step and then waits for an hour, so that whoever called has every report
;; before the call can end, and has to give it up.
;; Expected: limit(wall)
(component
  (import "ringfence:tool/host@0.1.0" (instance $host
    (export "progress" (func
      (param "done" f64) (param "total" (option f64)) (param "message" (option string))))))
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "pollable" (type $timer (eq $pollable)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $timer))))))
  (core module $heap (memory (export "memory") 1) (data (i32.const 0) "one step"))
  (core instance $heap (instantiate $heap))
  (core func $progress (canon lower (func $host "progress") (memory (core memory $heap "memory"))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core module $m
    (import "host" "progress" (func $progress (param f64 i32 f64 i32 i32 i32)))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "block" (func $block (param i32)))
    (func (export "linger") (param $steps i32) (local $done i32)
      (block $end
        (loop $again
          (br_if $end (i32.ge_u (local.get $done) (local.get $steps)))
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (call $progress
            (f64.convert_i32_u (local.get $done))
            (i32.const 1) (f64.convert_i32_u (local.get $steps))
            (i32.const 1) (i32.const 0) (i32.const 8))
          (br $again)))
      (call $block (call $subscribe (i64.const 3600000000000)))))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "progress" (func $progress))
      (export "subscribe" (func $subscribe))
      (export "block" (func $block))))))
  (func (export "linger") (param "steps" u32) (canon lift (core func $i "linger"))))

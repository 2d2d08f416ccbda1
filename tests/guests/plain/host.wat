;; Uses every function of the tool interface once per step: reports progress, writes a log line,
;; asks for the deadline and whether it was cancelled; returns the milliseconds that are left in the
;; end.
;; Expected: returned
(component
  (import "ringfence:tool/host@0.1.0" (instance $host
    (type $level' (enum "debug" "info" "notice" "warning" "error"))
    (export "log-level" (type $level (eq $level')))
    (export "progress" (func
      (param "done" f64) (param "total" (option f64)) (param "message" (option string))))
    (export "log" (func (param "level" $level) (param "message" string)))
    (export "cancelled" (func (result bool)))
    (export "deadline" (func (result u64)))))
  (core module $heap (memory (export "memory") 1) (data (i32.const 0) "one step"))
  (core instance $heap (instantiate $heap))
  (core func $progress (canon lower (func $host "progress") (memory (core memory $heap "memory"))))
  (core func $log (canon lower (func $host "log") (memory (core memory $heap "memory"))))
  (core func $cancelled (canon lower (func $host "cancelled")))
  (core func $deadline (canon lower (func $host "deadline")))
  (core module $m
    (import "host" "progress" (func $progress (param f64 i32 f64 i32 i32 i32)))
    (import "host" "log" (func $log (param i32 i32 i32)))
    (import "host" "cancelled" (func $cancelled (result i32)))
    (import "host" "deadline" (func $deadline (result i64)))
    (func (export "work") (param $steps i32) (result i64) (local $done i32)
      (block $end
        (loop $again
          (br_if $end (i32.ge_u (local.get $done) (local.get $steps)))
          (br_if $end (call $cancelled))
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (call $progress
            (f64.convert_i32_u (local.get $done))
            (i32.const 1) (f64.convert_i32_u (local.get $steps))
            (i32.const 1) (i32.const 0) (i32.const 8))
          (call $log (i32.const 1) (i32.const 0) (i32.const 8))
          (br $again)))
      (call $deadline)))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "progress" (func $progress))
      (export "log" (func $log))
      (export "cancelled" (func $cancelled))
      (export "deadline" (func $deadline))))))
  (func (export "work") (param "steps" u32) (result u64) (canon lift (core func $i "work"))))

;; H47: a clock that tells more than it should.
;; Tries: to find, in both clocks and until each has gone on a few times, a reading that is not a whole
;; number of milliseconds.
;; Expected: returned
;; Why: how long a neighbour's memory took to come is told in nanoseconds, and so is what is in it.
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $monotonic
    (export "now" (func (result u64)))))
  (import "wasi:clocks/wall-clock@0.2.0" (instance $wall
    (type $datetime' (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $datetime')))
    (export "now" (func (result $datetime)))))
  (core module $heap (memory (export "memory") 1))
  (core instance $heap (instantiate $heap))
  (core func $since (canon lower (func $monotonic "now")))
  (core func $day (canon lower (func $wall "now") (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "since" (func $since (result i64)))
    (import "host" "day" (func $day (param i32)))
    (func $read (param $which i32) (result i64)
      (if (local.get $which) (then (return (call $since))))
      (call $day (i32.const 16))
      (i64.add
        (i64.mul (i64.load (i32.const 16)) (i64.const 1000000000))
        (i64.load32_u (i32.const 24))))
    ;; What was below a millisecond, all readings together.
    (func $watch (param $which i32) (result i64)
      (local $left i32) (local $last i64) (local $now i64) (local $odd i64)
      (local.set $left (i32.const 4))
      (loop $again
        (local.set $now (call $read (local.get $which)))
        (local.set $odd
          (i64.or (local.get $odd) (i64.rem_u (local.get $now) (i64.const 1000000))))
        (if (i64.ne (local.get $now) (local.get $last))
          (then (local.set $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.set $last (local.get $now))
        (br_if $again (local.get $left)))
      (local.get $odd))
    (func (export "attack") (result i64)
      (i64.or (call $watch (i32.const 0)) (call $watch (i32.const 1)))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "since" (func $since))
      (export "day" (func $day))))))
  (func (export "attack") (result u64) (canon lift (core func $i "attack"))))

;; H05: a flood of progress reports.
;; Tries: to send ever growing progress, as fast as it can, for ever.
;; Expected: limit(fuel)
;; Why: every report becomes a notification to the client; unthrottled they fill the queue to a slow
;; client without bound.
(component
  (import "ringfence:tool/host@0.1.0" (instance $host
    (export "progress" (func
      (param "done" f64) (param "total" (option f64)) (param "message" (option string))))))
  (core module $heap (memory (export "memory") 1))
  (core instance $heap (instantiate $heap))
  (core func $progress (canon lower (func $host "progress") (memory (core memory $heap "memory"))))
  (core module $m
    (import "host" "progress" (func $progress (param f64 i32 f64 i32 i32 i32)))
    (func (export "attack")
      (local $done f64)
      (loop $again
        (local.set $done (f64.add (local.get $done) (f64.const 1)))
        (call $progress (local.get $done)
          (i32.const 0) (f64.const 0)
          (i32.const 1) (i32.const 0) (i32.const 4096))
        (br $again))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "progress" (func $progress))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

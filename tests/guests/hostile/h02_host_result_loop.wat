;; H02: a loop in the allocator while a host function answers.
;; Tries: to spin in `realloc` when the host copies the result of a host function in.
;; Expected: limit(fuel)
;; Why: here guest code runs beneath a host function, on the host's own stack frames; the meter must
;; reach it there too.
(component
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $heap
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (loop $again (br $again))
      (unreachable)))
  (core instance $heap (instantiate $heap))
  (core func $bytes (canon lower (func $random "get-random-bytes")
    (memory (core memory $heap "memory"))
    (realloc (core func $heap "realloc"))))
  (core module $m
    (import "host" "bytes" (func $bytes (param i64 i32)))
    (func (export "attack") (call $bytes (i64.const 16) (i32.const 0))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "bytes" (func $bytes))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

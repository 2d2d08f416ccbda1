;; H17: 16 EiB of random bytes, from `get-insecure-random-bytes`.
;; Tries: to make the host allocate and fill a buffer of a size that it chooses.
;; Expected: limit(random)
;; Why: the guest sends a number and the host pays; the length needs a limit of its own.
(component
  (import "wasi:random/insecure@0.2.0" (instance $random
    (export "get-insecure-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $heap
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core instance $heap (instantiate $heap))
  (core func $bytes (canon lower (func $random "get-insecure-random-bytes")
    (memory (core memory $heap "memory"))
    (realloc (core func $heap "realloc"))))
  (core module $m
    (import "host" "bytes" (func $bytes (param i64 i32)))
    (func (export "attack") (call $bytes (i64.const -1) (i32.const 0))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "bytes" (func $bytes))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H03: a host call from every depth of a recursion.
;; Tries: to enter a host function when only a few bytes of the guest's stack are left.
;; Expected: limit(stack)
;; Why: host functions run on the same native stack; without a reserve of their own the host is the
;; one that overflows, and a host overflow aborts the process.
(component
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $heap
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core instance $heap (instantiate $heap))
  (core func $bytes (canon lower (func $random "get-random-bytes")
    (memory (core memory $heap "memory"))
    (realloc (core func $heap "realloc"))))
  (core module $m
    (import "host" "bytes" (func $bytes (param i64 i32)))
    (func $down (export "attack")
      (call $bytes (i64.const 8) (i32.const 0))
      (call $down)
      (call $bytes (i64.const 8) (i32.const 0))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "bytes" (func $bytes))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

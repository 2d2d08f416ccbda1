;; H17: random bytes without end.
;; Tries: to keep the host's generator busy with requests of 48 KiB, each of which is allowed.
;; Expected: limit(fuel)
;; Why: a limit on one request is none on the sum; the host's work must be charged to the guest.
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
    (func (export "attack")
      (loop $again
        (call $bytes (i64.const 49152) (i32.const 0))
        (br $again))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "bytes" (func $bytes))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

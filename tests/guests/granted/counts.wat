;; Counts its calls in the bucket `notes`.
(component
  (import "wasi:keyvalue/store@0.2.0-draft" (instance $store
    (export "bucket" (type $bucket (sub resource)))
    (type $error' (variant (case "no-such-store") (case "access-denied") (case "other" string)))
    (export "error" (type $error (eq $error')))
    (export "open" (func (param "identifier" string)
      (result (result (own $bucket) (error $error)))))))
  (alias export $store "bucket" (type $bucket))
  (alias export $store "error" (type $error))
  (import "wasi:keyvalue/atomics@0.2.0-draft" (instance $atomics
    (export "bucket" (type $bucket' (eq $bucket)))
    (export "error" (type $error' (eq $error)))
    (export "increment" (func
      (param "bucket" (borrow $bucket')) (param "key" string) (param "delta" u64)
      (result (result u64 (error $error')))))))
  (core module $heap
    (memory (export "memory") 1)
    (data (i32.const 16) "notes")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $heap (instantiate $heap))
  (core func $open (canon lower (func $store "open")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $add (canon lower (func $atomics "increment")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "open" (func $open (param i32 i32 i32)))
    (import "host" "add" (func $add (param i32 i32 i32 i64 i32)))
    (func (export "count") (result i64)
      (call $open (i32.const 16) (i32.const 5) (i32.const 64))
      (if (i32.load8_u (i32.const 64)) (then unreachable))
      (call $add (i32.load (i32.const 68)) (i32.const 16) (i32.const 5) (i64.const 1)
        (i32.const 128))
      (if (i32.load8_u (i32.const 128)) (then unreachable))
      (i64.load (i32.const 136))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance (export "open" (func $open)) (export "add" (func $add))))))
  (func (export "count") (result u64) (canon lift (core func $i "count"))))

;; Says what it finds under a key of its configuration.
(component
  (import "wasi:config/store@0.2.0-rc.1" (instance $store
    (type $error' (variant (case "upstream" string) (case "io" string)))
    (export "error" (type $error (eq $error')))
    (export "get" (func (param "key" string)
      (result (result (option string) (error $error)))))))
  (core module $heap
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (global.get $free))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at)))
  (core instance $heap (instantiate $heap))
  (core func $get (canon lower (func $store "get")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "get" (func $get (param i32 i32 i32)))
    (func (export "find") (param i32 i32) (result i32)
      (call $get (local.get 0) (local.get 1) (i32.const 64))
      (if (i32.load8_u (i32.const 64)) (then unreachable))
      (i32.const 68)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance (export "get" (func $get))))))
  (func (export "find") (param "key" string) (result (option string))
    (canon lift (core func $i "find")
      (memory (core memory $heap "memory")) (realloc (core func $heap "realloc")))))

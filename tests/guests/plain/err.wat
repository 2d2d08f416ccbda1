;; Fails on purpose: returns the error side of its result, with the message it is given. That is an
;; answer, not a trap.
;; Expected: tool-error
(component
  (core module $m
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (global.get $top))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func (export "fail") (param $text i32) (param $length i32) (result i32)
      (i32.store (i32.const 0) (i32.const 1))
      (i32.store (i32.const 4) (local.get $text))
      (i32.store (i32.const 8) (local.get $length))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "fail") (param "message" string) (result (result string (error string)))
    (canon lift (core func $i "fail")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))

;; H57: values that JSON has no words for.
;; Tries: to break the answer with numbers that are none and text that ends early or steers a
;; terminal.
;; Expected: returned
;; Why: `NaN` written as it is makes the line no JSON, and one such line can end a client's session.
;; Numbers that are none must come out as null, as the schema says, and characters escaped.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 64) "a\00b\1b[2Jc\22,\22d")
    (func (export "attack") (result i32)
      (f64.store (i32.const 0) (f64.const nan))
      (f64.store (i32.const 8) (f64.const -inf))
      (f32.store (i32.const 16) (f32.const inf))
      (i32.store (i32.const 20) (i32.const 64))
      (i32.store (i32.const 24) (i32.const 12))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (tuple f64 f64 f32 string))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

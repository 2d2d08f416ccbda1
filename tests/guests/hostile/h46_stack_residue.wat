;; H46: what the last tenant left on the stack.
;; Tries: to read locals that it never wrote, from frames deep in a stack where an earlier call left
;; its mark; then leaves the mark there for the next.
;; Expected: returned
;; Why: stacks are used again too. Wasm says that a local begins as zero; it answers with the number
;; that did not, which must be 0 each time.
(component
  (core module $m
    (func $read (param $depth i32) (result i32)
      (local $a i64) (local $b i64) (local $c i64) (local $d i64)
      (local.set $a (i64.or (i64.or (local.get $a) (local.get $b))
        (i64.or (local.get $c) (local.get $d))))
      (if (result i32) (i32.eqz (local.get $depth))
        (then (i32.const 0))
        (else (i32.add
          (i64.ne (local.get $a) (i64.const 0))
          (call $read (i32.sub (local.get $depth) (i32.const 1)))))))
    (func $write (param $depth i32) (param $mark i64) (result i64)
      (local $a i64) (local $b i64) (local $c i64)
      (local.set $a (i64.rotl (local.get $mark) (i64.const 1)))
      (local.set $b (i64.rotl (local.get $mark) (i64.const 2)))
      (local.set $c (i64.rotl (local.get $mark) (i64.const 3)))
      (if (result i64) (i32.eqz (local.get $depth))
        (then (local.get $mark))
        (else
          ;; The marks are used after the call, so they lie on the stack during it.
          (i64.xor
            (call $write (i32.sub (local.get $depth) (i32.const 1)) (local.get $a))
            (i64.xor (local.get $a) (i64.xor (local.get $b) (local.get $c)))))))
    (func (export "attack") (result i32) (local $found i32)
      (local.set $found (call $read (i32.const 1000)))
      (drop (call $write (i32.const 1000) (i64.const 0xc5c5c5c5c5c5c5c6)))
      (local.get $found)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result u32) (canon lift (core func $i "attack"))))

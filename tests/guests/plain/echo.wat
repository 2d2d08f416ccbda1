;; Returns what it is given: a string, a list of numbers, a record. On the core side all three are
;; two words in and a pointer to two words out, so one function serves them.
;; Expected: returned
(component
  (type $point' (record (field "x" s32) (field "y" s32)))
  (export $point "point" (type $point'))
  (core module $m
    (memory (export "memory") 2)
    (global $top (mut i32) (i32.const 1024))
    ;; A bump allocator that grows: nothing is freed, the instance lives for one call.
    (func (export "realloc")
      (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32) (local $short i32)
      (local.set $at
        (i32.and
          (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (local.set $short
        (i32.sub (global.get $top) (i32.shl (memory.size) (i32.const 16))))
      (if (i32.gt_s (local.get $short) (i32.const 0))
        (then
          (if (i32.eq
                (memory.grow
                  (i32.shr_u (i32.add (local.get $short) (i32.const 65535)) (i32.const 16)))
                (i32.const -1))
            (then (unreachable)))))
      (memory.copy (local.get $at) (local.get $old) (local.get $old-size))
      (local.get $at))
    (func (export "echo") (param $first i32) (param $second i32) (result i32)
      (i32.store (i32.const 8) (local.get $first))
      (i32.store (i32.const 12) (local.get $second))
      (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $i "echo")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "echo-list") (param "numbers" (list u32)) (result (list u32))
    (canon lift (core func $i "echo")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func (export "echo-point") (param "point" $point) (result $point)
    (canon lift (core func $i "echo")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))

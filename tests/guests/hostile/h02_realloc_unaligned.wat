;; H02: an allocator that ignores alignment.
;; Tries: to make the host store 64-bit numbers at an odd address.
;; Expected: trapped
;; Why: the canonical ABI requires aligned pointers; a host that casts them unchecked has undefined
;; behaviour of its own.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 9))
    (func (export "attack") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "attack") (param "numbers" (list u64))
    (canon lift (core func $i "attack")
      (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))

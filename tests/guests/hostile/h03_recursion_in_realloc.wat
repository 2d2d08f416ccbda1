;; H03: recursion without end in the allocator.
;; Tries: to overflow the stack while host frames lie beneath the guest's.
;; Expected: limit(stack)
;; Why: the stack left for a guest that the host calls back is smaller than for a fresh call; the
;; limit must be measured from the same place.
(component
  (core module $m
    (memory (export "memory") 1)
    (func $down (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.add
        (call $down (local.get 0) (local.get 1) (local.get 2) (local.get 3))
        (call $down (local.get 0) (local.get 1) (local.get 2) (local.get 3))))
    (func (export "attack") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "attack") (param "text" string)
    (canon lift (core func $i "attack")
      (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))

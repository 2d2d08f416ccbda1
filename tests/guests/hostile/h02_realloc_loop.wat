;; H02: a loop in the allocator.
;; Tries: to spin in `realloc`, which the host calls while it copies the arguments in.
;; Expected: limit(fuel)
;; Why: lowering arguments runs guest code; it must be metered and timed like the call itself.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (loop $again (br $again))
      (unreachable))
    (func (export "attack") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "attack") (param "text" string)
    (canon lift (core func $i "attack")
      (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))

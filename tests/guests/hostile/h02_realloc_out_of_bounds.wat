;; H02: an allocator that points outside memory.
;; Tries: to make the host copy the arguments to an address beyond the guest's memory.
;; Expected: trapped
;; Why: the pointer comes from the guest; a host that trusts it writes into its own heap.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const -8))
    (func (export "attack") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "attack") (param "text" string)
    (canon lift (core func $i "attack")
      (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))

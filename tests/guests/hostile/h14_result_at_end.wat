;; H14: a result that hangs over the end of memory.
;; Tries: to make the host read eight bytes of which only four lie inside the guest's memory.
;; Expected: trapped
;; Why: what lies behind the memory is not the guest's.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "attack") (result i32) (i32.const 0xfffc)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result string)
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

;; H14: a result at an odd address.
;; Tries: to make the host read a record of 64-bit numbers from address 3.
;; Expected: trapped
;; Why: a host that casts the pointer unchecked has undefined behaviour of its own.
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "attack") (result i32) (i32.const 3)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (tuple u64 u64))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

;; H14: a string of 1 GiB.
;; Tries: to name a gigabyte as its result out of a memory of 64 KiB.
;; Expected: trapped
;; Why: the length comes from the guest; a host that allocates before it checks takes a gigabyte.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 0) "\00\00\00\00\00\00\00\40")
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result string)
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

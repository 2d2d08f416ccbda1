;; H15: a deep option, a hundred thousand times.
;; Tries: to answer with elements that are 20 options around a number, which JSON writes as nested
;; objects.
;; Expected: limit(host-call-data)
;; Why: each level is one byte in the guest and a box in the host.
(component
  (core module $m
    (memory (export "memory") 64)
    (data (i32.const 0) "\08\00\00\00\a0\86\01\00")
    (func (export "attack") (result i32)
      (memory.fill (i32.const 8) (i32.const 1) (i32.const 2100000))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list
    (option (option (option (option (option (option (option (option (option (option
    (option (option (option (option (option (option (option (option (option (option u8))))))))))))))))))))))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

;; H15: text that grows in JSON.
;; Tries: to answer with 512 KiB of control characters, each of which JSON writes as six.
;; Expected: limit(result)
;; Why: half the limit in the guest is three times the limit on the wire; what counts is what
;; leaves.
(component
  (core module $m
    (memory (export "memory") 9)
    (data (i32.const 0) "\00\00\01\00\00\00\08\00")
    (func (export "attack") (result i32)
      (memory.fill (i32.const 0x10000) (i32.const 1) (i32.const 0x80000))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result string)
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

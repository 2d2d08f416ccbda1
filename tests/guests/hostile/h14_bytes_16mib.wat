;; H14: sixteen million bytes.
;; Tries: to answer with a `list<u8>` that the dynamic interface holds at forty bytes for each byte.
;; Expected: limit(host-call-data)
;; Why: inside its memory limit the guest names 16 MiB; unlimited, the host spends 640 MiB on them.
(component
  (core module $m
    (memory (export "memory") 257)
    (data (i32.const 0) "\00\00\01\00\00\00\00\01")
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list u8))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

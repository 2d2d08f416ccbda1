;; H02: a loop after the answer.
;; Tries: to hand back a result and then spin in `post-return`, which the host calls to let the
;; guest free what it returned.
;; Expected: limit(fuel)
;; Why: a host that stops its clock when it holds the result hangs in the clean-up.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\04\00\00\00")
    (data (i32.const 16) "done")
    (func (export "attack") (result i32) (i32.const 0))
    (func (export "free") (param i32) (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (result string)
    (canon lift (core func $i "attack")
      (memory (core memory $i "memory"))
      (post-return (core func $i "free")))))

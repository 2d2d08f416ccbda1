;; H10: growth to 4 GiB in one step.
;; Tries: to take the whole 32-bit address space, and to touch its last byte when it is given.
;; Expected: returned
;; Why: one instruction asks the host for four gigabytes; the answer must be no, before any is
;; touched. The guest is told so, and answers with the one page it still has.
(component
  (core module $m
    (memory 1)
    (func (export "attack") (result i32)
      (if (i32.ne (memory.grow (i32.const 65535)) (i32.const -1))
        (then (i32.store8 (i32.const -1) (i32.const 1))))
      (memory.size)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result u32) (canon lift (core func $i "attack"))))

;; H12: a table of ten million elements, in one step.
;; Tries: to take 80 MB of the host's memory as table elements.
;; Expected: returned
;; Why: tables are host memory too, and a limit on linear memory does not count them. The guest is
;; told no, and answers with -1 as the instruction does.
(component
  (core module $m
    (table 1 funcref)
    (func (export "attack") (result i32)
      (table.grow (ref.null func) (i32.const 10000000))))
  (core instance $i (instantiate $m))
  (func (export "attack") (result s32) (canon lift (core func $i "attack"))))

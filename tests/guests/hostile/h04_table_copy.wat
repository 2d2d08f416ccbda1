;; H04: `table.copy` without end.
;; Tries: to spend the time inside single instructions: each writes 10,000 table elements.
;; Expected: limit(fuel)
;; Why: as with memory, a bulk instruction on a table checks for interruption once, and each element
;; may cost a call into the engine.
(component
  (core module $m
    (table $t 10000 funcref)
    (elem declare func $filler)
    (func $filler)
    (func (export "attack")
      (loop $again
        (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 9999))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

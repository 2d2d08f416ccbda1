;; H04: `table.fill` without end.
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
        (table.fill $t (i32.const 0) (ref.func $filler) (i32.const 10000))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H04: `memory.fill` without end.
;; Tries: to spend the time inside single instructions: each writes one byte over 16 MiB.
;; Expected: limit(fuel)
;; Why: a bulk instruction checks for interruption once, however long it runs; charged as one
;; operation, it makes a quota of instructions worthless.
(component
  (core module $m
    (memory 256)
    (func (export "attack")
      (loop $again
        (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 0x1000000))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

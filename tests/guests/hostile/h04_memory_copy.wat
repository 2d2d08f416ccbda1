;; H04: `memory.copy` without end.
;; Tries: to spend the time inside single instructions: each writes 16 MiB onto itself, one byte
;; further along.
;; Expected: limit(fuel)
;; Why: a bulk instruction checks for interruption once, however long it runs; charged as one
;; operation, it makes a quota of instructions worthless.
(component
  (core module $m
    (memory 256)
    (func (export "attack")
      (loop $again
        (memory.copy (i32.const 0) (i32.const 1) (i32.const 0xffffff))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

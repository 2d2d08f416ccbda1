;; H11: a shared memory.
;; Tries: to get memory that the limiter is never asked about, and that threads could race on.
;; Expected: refused at reading
;; Why: shared memories bypass the resource limiter, and a counter in one is a clock finer than any
;; we give.
(component
  (core module $m
    (memory 1 4 shared)
    (func (export "attack") (i32.store (i32.const 0) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

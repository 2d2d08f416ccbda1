;; H11: a 64-bit memory.
;; Tries: to use addresses beyond 4 GiB, which the guard regions of 32-bit memories do not cover.
;; Expected: refused at reading
;; Why: no guest language here needs it, and each of its loads takes a slower, younger code path.
(component
  (core module $m
    (memory i64 1)
    (func (export "attack") (i64.store (i64.const 0) (i64.const 1))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

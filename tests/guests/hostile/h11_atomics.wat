;; H11: atomic instructions.
;; Tries: to wait on an address: `memory.atomic.wait32` blocks the thread that runs it.
;; Expected: refused at preparation
;; Why: a blocked worker thread serves nobody, and no timer of the host wakes it.
(component
  (core module $m
    (memory 1)
    (func (export "attack")
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

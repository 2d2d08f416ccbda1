;; H11: pages of one byte.
;; Tries: to break arithmetic that takes a page for 64 KiB.
;; Expected: refused at reading
;; Why: a limit counted in pages means something else when the guest chooses the size of a page.
(component
  (core module $m
    (memory 1 (pagesize 1))
    (func (export "attack") (i32.store8 (i32.const 0) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

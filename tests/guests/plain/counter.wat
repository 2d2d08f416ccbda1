;; Counts its calls in a global and in memory. Every call runs in a fresh instance, so it must
;; answer 1 each time.
;; Expected: returned
(component
  (core module $m
    (memory 1)
    (global $count (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      ;; Whichever of the two remembers more.
      (select (global.get $count) (i32.load (i32.const 0))
        (i32.gt_u (global.get $count) (i32.load (i32.const 0))))))
  (core instance $i (instantiate $m))
  (func (export "next") (result u32) (canon lift (core func $i "next"))))

;; Reads beyond the end of its memory. The next call must not notice.
;; Expected: trapped
(component
  (core module $m
    (memory 1)
    (func (export "read") (result i32) (i32.load (i32.const 0x7fffffff))))
  (core instance $i (instantiate $m))
  (func (export "read") (result u32) (canon lift (core func $i "read"))))

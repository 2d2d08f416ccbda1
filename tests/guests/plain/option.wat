;; Takes a number that may be left out, and may leave its answer out.
;; Expected: returned
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "add") (param $a i32) (param $given i32) (param $b i32) (result i32)
      (i32.add (local.get $a) (select (local.get $b) (i32.const 0) (local.get $given))))
    (func (export "same") (param $given i32) (param $value i32) (result i32)
      (i32.store (i32.const 0) (local.get $given))
      (i32.store (i32.const 4) (local.get $value))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" (option u32)) (result u32)
    (canon lift (core func $i "add")))
  (func (export "same") (param "value" (option u32)) (result (option u32))
    (canon lift (core func $i "same") (memory (core memory $i "memory")))))

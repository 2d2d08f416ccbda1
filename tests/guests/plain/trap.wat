;; Traps: by `unreachable`, by dividing by zero, by calling through an empty table slot.
;; Expected: trapped
(component
  (core module $m
    (type $void (func))
    (table 1 funcref)
    (func (export "unreachable") (unreachable))
    (func (export "divide") (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
    (func (export "call") (call_indirect (type $void) (i32.const 0))))
  (core instance $i (instantiate $m))
  (func (export "unreachable") (canon lift (core func $i "unreachable")))
  (func (export "divide") (result u32) (canon lift (core func $i "divide")))
  (func (export "call") (canon lift (core func $i "call"))))

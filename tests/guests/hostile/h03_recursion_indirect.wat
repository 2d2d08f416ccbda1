;; H03: recursion through a table.
;; Tries: to run over the end of the stack through `call_indirect`, where no static call graph shows
;; the recursion.
;; Expected: limit(stack)
;; Why: a check that is placed only in directly recursive functions misses it.
(component
  (core module $m
    (type $void (func))
    (table funcref (elem $down))
    (func $down (export "attack")
      (call_indirect (type $void) (i32.const 0))
      (call_indirect (type $void) (i32.const 0))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

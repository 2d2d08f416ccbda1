;; H11: a 64-bit table.
;; Tries: to make the engine size a table by a 64-bit number.
;; Expected: refused at reading
;; Why: the same young code path as 64-bit memories, and the cause of a panic in the past.
(component
  (core module $m
    (table i64 1 funcref)
    (func (export "attack") (drop (table.grow (ref.null func) (i64.const 0x7fffffff)))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

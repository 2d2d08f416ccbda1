;; H12: a table that grows for ever.
;; Tries: to take host memory a thousand table elements at a time, and aborts when it is refused.
;; Expected: limit(tables)
;; Why: a limit on each growth is no limit on the sum.
(component
  (core module $m
    (table 1 funcref)
    (func (export "attack")
      (loop $again
        (br_if $again
          (i32.ne (table.grow (ref.null func) (i32.const 1000)) (i32.const -1))))
      (unreachable)))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

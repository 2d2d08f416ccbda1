;; H12: a table of ninety thousand elements from the start, on a budget of fewer.
;; Tries: to get a larger table than its budget by declaring it.
;; Expected: limit(tables)
;; Why: a limiter that is only asked about growth never sees the initial size.
(component
  (core module $m
    (table 90000 funcref)
    (func (export "attack")))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

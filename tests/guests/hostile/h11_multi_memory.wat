;; H11: two memories in one module.
;; Tries: to get around a limit that counts one memory for each module.
;; Expected: refused at reading
;; Why: no guest language here needs it; what is off cannot be attacked.
(component
  (core module $m
    (memory 1)
    (memory 1)
    (func (export "attack") (i32.store 1 (i32.const 0) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

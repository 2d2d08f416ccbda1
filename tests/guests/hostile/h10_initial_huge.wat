;; H10: 4 GiB from the start.
;; Tries: to get its memory by declaring it, without ever asking for growth.
;; Expected: refused at preparation
;; Why: no pool slot can hold it, which is known before the first call; better to say so then.
(component
  (core module $m
    (memory 65536)
    (func (export "attack") (i32.store8 (i32.const -1) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H14: a character that is none.
;; Tries: to return a surrogate, which is no Unicode scalar value, as `char`.
;; Expected: trapped
;; Why: unchecked, the host would hold a `char` that its language promises cannot exist.
(component
  (core module $m
    (func (export "attack") (result i32) (i32.const 0xd800)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result char) (canon lift (core func $i "attack"))))

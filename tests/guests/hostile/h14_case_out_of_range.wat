;; H14: a case that the enum does not have.
;; Tries: to return case 200 of an enum of two.
;; Expected: trapped
;; Why: unchecked, the number indexes a table of names in the host.
(component
  (type $side' (enum "left" "right"))
  (export $side "side" (type $side'))
  (core module $m
    (func (export "attack") (result i32) (i32.const 200)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result $side) (canon lift (core func $i "attack"))))

;; H11: a call through a typed reference.
;; Tries: to jump through `call_ref`, whose fuel was not counted until 48.0.3.
;; Expected: refused at preparation
;; Why: no guest language here needs it, and it once lost fuel.
(component
  (core module $m
    (type $void (func))
    (elem declare func $spin)
    (func $spin (export "attack") (call_ref $void (ref.func $spin))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

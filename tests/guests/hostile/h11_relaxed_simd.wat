;; H11: relaxed vector instructions.
;; Tries: to tell machines apart by results that may differ between processors.
;; Expected: refused at preparation
;; Why: the same call must answer the same on every machine, and nothing should tell a guest where
;; it runs.
(component
  (core module $m
    (func (export "attack")
      (drop (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 nan nan nan nan)))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

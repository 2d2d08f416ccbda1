;; H11: an asynchronous export.
;; Tries: to run as a WASI 0.3 task, on the code paths that carried most of 2026's advisories.
;; Expected: refused at reading
;; Why: the default engine leaves them out; the refusal must say so rather than fail at the first
;; call.
(component
  (core module $m
    (func (export "attack") (result i32) (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") async
    (canon lift (core func $i "attack") async (callback (core func $i "callback")))))

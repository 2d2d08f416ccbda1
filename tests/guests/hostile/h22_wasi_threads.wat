;; H22: a component that imports threads.
;; Tries: to start a thread through the interface that the preview-1 proposal once offered.
;; Expected: refused at preparation
;; Why: a thread outlives the call's limits, and a counter in one is a precise clock.
(component
  (import "wasi:threads/thread-spawn@0.1.0" (instance $threads
    (export "thread-spawn" (func (param "start-arg" u32) (result s32)))))
  (core func $spawn (canon lower (func $threads "thread-spawn")))
  (core module $m
    (import "host" "spawn" (func $spawn (param i32) (result i32)))
    (func (export "attack") (drop (call $spawn (i32.const 0)))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "spawn" (func $spawn))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H02: an allocator that calls the host.
;; Tries: to call an import from inside `realloc`, while the host is in the middle of copying the
;; arguments in.
;; Expected: trapped
;; Why: a host function that runs at that moment sees a half-made call; the component model forbids
;; leaving the instance there, and the engine must enforce it.
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "host" "now" (func $now (result i64)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (drop (call $now))
      (i32.const 8))
    (func (export "attack") (param i32 i32)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "now" (func $now))))))
  (func (export "attack") (param "text" string)
    (canon lift (core func $i "attack")
      (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))

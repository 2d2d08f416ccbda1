;; H05: a flood of cheap host calls.
;; Tries: to spend the time in the host: the clock is read for ever.
;; Expected: limit(fuel)
;; Why: an instruction quota counts the guest's instructions; a host call costs a hundred times more
;; and must be charged for.
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "host" "now" (func $now (result i64)))
    (func (export "attack") (loop $again (drop (call $now)) (br $again))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "now" (func $now))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

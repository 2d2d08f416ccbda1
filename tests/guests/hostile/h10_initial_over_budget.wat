;; H10: 128 MiB from the start.
;; Tries: to get more memory than its budget by declaring it, but no more than the host's pool has.
;; Expected: limit(memory)
;; Why: a limiter that is only asked about growth never sees the initial size.
(component
  (core module $m
    (memory 2048)
    (func (export "attack") (i32.store8 (i32.const 0) (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

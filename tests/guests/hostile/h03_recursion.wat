;; H03: recursion without end.
;; Tries: to run over the end of the stack.
;; Expected: limit(stack)
;; Why: guest frames live on a native stack; overflowing it without a check kills the process, and
;; with it everybody's calls.
(component
  (core module $m
    (func $down (export "attack") (call $down) (call $down)))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

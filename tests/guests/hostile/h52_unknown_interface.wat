;; H52: an interface that nobody offers.
;; Tries: to be loaded with an import that the host does not know.
;; Expected: refused at preparation
;; Why: it must be refused when it is loaded, with the import's name; a stub that traps at the first
;; call would hide the fault until a user meets it.
(component
  (import "evil:host/exec" (instance $host
    (export "run" (func))))
  (core func $call (canon lower (func $host "run")))
  (core module $m
    (import "host" "call" (func $call))
    (func (export "attack") (call $call)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "call" (func $call))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

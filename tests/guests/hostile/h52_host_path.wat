;; H52: an import that looks like a path.
;; Tries: to make the host look for a module beside its own files: `../../` is no legal name, a
;; package called `root` is.
;; Expected: refused at preparation
;; Why: import names are looked up in a fixed table and never in a file system.
(component
  (import "root:etc/passwd" (instance $host
    (export "read" (func))))
  (core func $call (canon lower (func $host "read")))
  (core module $m
    (import "host" "call" (func $call))
    (func (export "attack") (call $call)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "call" (func $call))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

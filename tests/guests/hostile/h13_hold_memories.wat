;; H13: eight memories that are never given back.
;; Tries: to take eight slots of the host's pool with each call, and to stay in it for ever.
;; Expected: limit(fuel)
;; Why: a host that admits calls by their number runs out of memories long before it runs out of
;; admissions; whoever comes next is then refused for what somebody else holds.
(component
  (core module $hog
    (memory (export "memory") 1)
    (func (export "grow")))
  (core instance $a (instantiate $hog))
  (core instance $b (instantiate $hog))
  (core instance $c (instantiate $hog))
  (core instance $d (instantiate $hog))
  (core instance $e (instantiate $hog))
  (core instance $f (instantiate $hog))
  (core instance $g (instantiate $hog))
  (core instance $h (instantiate $hog))
  (core module $m
    (import "a" "grow" (func $a)) (import "b" "grow" (func $b))
    (import "c" "grow" (func $c)) (import "d" "grow" (func $d))
    (import "e" "grow" (func $e)) (import "f" "grow" (func $f))
    (import "g" "grow" (func $g)) (import "h" "grow" (func $h))
    (func (export "attack")
      (call $a) (call $b) (call $c) (call $d) (call $e) (call $f) (call $g) (call $h)
      (loop $again (br $again))))
  (core instance $i (instantiate $m
    (with "a" (instance $a)) (with "b" (instance $b))
    (with "c" (instance $c)) (with "d" (instance $d))
    (with "e" (instance $e)) (with "f" (instance $f))
    (with "g" (instance $g)) (with "h" (instance $h))))
  (func (export "attack") (canon lift (core func $i "attack"))))

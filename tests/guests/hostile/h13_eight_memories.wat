;; H13: eight memories just under the limit of one.
;; Tries: to multiply a limit that counts each memory on its own: eight instances of one module,
;; each of which grows to 32 MiB.
;; Expected: limit(memory)
;; Why: the engine's own limiter is per memory; only a sum over the whole call is a limit.
(component
  (core module $hog
    (memory (export "memory") 1)
    (func (export "grow")
      (if (i32.eq (memory.grow (i32.const 511)) (i32.const -1)) (then (unreachable)))))
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
      (call $a) (call $b) (call $c) (call $d) (call $e) (call $f) (call $g) (call $h)))
  (core instance $i (instantiate $m
    (with "a" (instance $a)) (with "b" (instance $b))
    (with "c" (instance $c)) (with "d" (instance $d))
    (with "e" (instance $e)) (with "f" (instance $f))
    (with "g" (instance $g)) (with "h" (instance $h))))
  (func (export "attack") (canon lift (core func $i "attack"))))

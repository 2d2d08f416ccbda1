;; Eight instances with a memory each: grows every one of them to so many pages, and returns how
;; many they have together in the end.
;; Expected: returned
(component
  (core module $hog
    (memory 1)
    (func (export "grow") (param $pages i32) (result i32)
      (drop (memory.grow (i32.sub (local.get $pages) (memory.size))))
      (memory.size)))
  (core instance $a (instantiate $hog))
  (core instance $b (instantiate $hog))
  (core instance $c (instantiate $hog))
  (core instance $d (instantiate $hog))
  (core instance $e (instantiate $hog))
  (core instance $f (instantiate $hog))
  (core instance $g (instantiate $hog))
  (core instance $h (instantiate $hog))
  (core module $m
    (type $grow (func (param i32) (result i32)))
    (import "a" "grow" (func $a (type $grow)))
    (import "b" "grow" (func $b (type $grow)))
    (import "c" "grow" (func $c (type $grow)))
    (import "d" "grow" (func $d (type $grow)))
    (import "e" "grow" (func $e (type $grow)))
    (import "f" "grow" (func $f (type $grow)))
    (import "g" "grow" (func $g (type $grow)))
    (import "h" "grow" (func $h (type $grow)))
    (func (export "grow") (param $pages i32) (result i32)
      (call $a (local.get $pages))
      (call $b (local.get $pages)) i32.add
      (call $c (local.get $pages)) i32.add
      (call $d (local.get $pages)) i32.add
      (call $e (local.get $pages)) i32.add
      (call $f (local.get $pages)) i32.add
      (call $g (local.get $pages)) i32.add
      (call $h (local.get $pages)) i32.add))
  (core instance $i (instantiate $m
    (with "a" (instance $a)) (with "b" (instance $b))
    (with "c" (instance $c)) (with "d" (instance $d))
    (with "e" (instance $e)) (with "f" (instance $f))
    (with "g" (instance $g)) (with "h" (instance $h))))
  (func (export "grow") (param "pages" u32) (result u32) (canon lift (core func $i "grow"))))

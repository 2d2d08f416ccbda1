;; Recurses so many levels deep and returns that number. A few thousand are fine, a million are not.
;; Expected: limit(stack)
(component
  (core module $m
    (func $down (export "recurse") (param $levels i32) (result i32)
      (if (result i32) (local.get $levels)
        (then
          (i32.add (i32.const 1)
            (call $down (i32.sub (local.get $levels) (i32.const 1)))))
        (else (i32.const 0)))))
  (core instance $i (instantiate $m))
  (func (export "recurse") (param "levels" u32) (result u32)
    (canon lift (core func $i "recurse"))))

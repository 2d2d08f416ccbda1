;; Grows its memory to so many pages, one at a time, touches each, and returns how many it has in
;; the end.
;; Expected: returned
(component
  (core module $m
    (memory 1)
    (func (export "grow") (param $pages i32) (result i32)
      (local $page i32)
      (block $full
        (loop $again
          (br_if $full (i32.ge_u (memory.size) (local.get $pages)))
          (local.set $page (memory.grow (i32.const 1)))
          (br_if $full (i32.eq (local.get $page) (i32.const -1)))
          (i64.store (i32.shl (local.get $page) (i32.const 16)) (i64.const -1))
          (br $again)))
      (memory.size)))
  (core instance $i (instantiate $m))
  (func (export "grow") (param "pages" u32) (result u32) (canon lift (core func $i "grow"))))

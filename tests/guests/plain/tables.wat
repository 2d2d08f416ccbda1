;; Grows its table to so many elements, a thousand at a time, and returns how many it has in the
;; end.
;; Expected: returned
(component
  (core module $m
    (table $t 0 funcref)
    (func (export "grow") (param $elements i32) (result i32)
      (block $full
        (loop $again
          (br_if $full (i32.ge_u (table.size $t) (local.get $elements)))
          (br_if $again
            (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))))
      (table.size $t)))
  (core instance $i (instantiate $m))
  (func (export "grow") (param "elements" u32) (result u32) (canon lift (core func $i "grow"))))

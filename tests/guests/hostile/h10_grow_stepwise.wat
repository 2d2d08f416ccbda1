;; H10: growth to 4 GiB, a page at a time.
;; Tries: to take memory in steps too small to notice, touching every page, and to go on asking when
;; it is refused.
;; Expected: limit(fuel)
;; Why: a limit on each growth is no limit on the sum; and a guest that ignores the refusal is
;; stopped like any other that spins, for asking is not free.
(component
  (core module $m
    (memory 1)
    (func (export "attack") (local $page i32)
      (loop $again
        (local.set $page (memory.grow (i32.const 1)))
        (if (i32.ne (local.get $page) (i32.const -1))
          (then (i64.store (i32.shl (local.get $page) (i32.const 16)) (i64.const -1))))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

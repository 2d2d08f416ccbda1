;; H01: a call tree of 2^60 leaves.
;; Tries: to spin without a loop and without deep recursion: sixty levels, two calls at each.
;; Expected: limit(fuel)
;; Why: neither the stack limit nor a check at loop headers sees it; only metering of calls does.
(component
  (core module $m
    (func $branch (param $depth i32)
      (if (local.get $depth)
        (then
          (call $branch (i32.sub (local.get $depth) (i32.const 1)))
          (call $branch (i32.sub (local.get $depth) (i32.const 1))))))
    (func (export "attack") (call $branch (i32.const 60))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

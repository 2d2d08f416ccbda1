;; Runs a loop so many times and returns that number: a cost that a receipt can be checked against.
;; Expected: returned
(component
  (core module $m
    (func (export "burn") (param $rounds i64) (result i64)
      (local $done i64)
      (block $end
        (loop $again
          (br_if $end (i64.ge_u (local.get $done) (local.get $rounds)))
          (local.set $done (i64.add (local.get $done) (i64.const 1)))
          (br $again)))
      (local.get $done)))
  (core instance $i (instantiate $m))
  (func (export "burn") (param "rounds" u64) (result u64) (canon lift (core func $i "burn"))))

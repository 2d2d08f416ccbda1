;; H46: what the last tenant left behind.
;; Tries: to find, in memory and table that it has just been given, the mark that an earlier call of
;; it left there; then leaves the mark everywhere for the next.
;; Expected: returned
;; Why: pooled slots are used again; whatever one call wrote, the next must read as zero. It answers
;; with the number of marks found, which must be 0 each time.
(component
  (core module $m
    (memory 4)
    (table $t 1000 funcref)
    (elem declare func $mark)
    (global $seen (mut i32) (i32.const 0))
    (func $mark)
    (func (export "attack") (result i32) (local $at i32) (local $end i32) (local $found i32)
      (local.set $found (global.get $seen))
      ;; Grown memory is fresh too: it was another call's before.
      (drop (memory.grow (i32.const 4)))
      (local.set $end (i32.shl (memory.size) (i32.const 16)))
      (loop $scan
        (if (i64.ne (i64.load (local.get $at)) (i64.const 0))
          (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $scan (i32.lt_u (local.get $at) (local.get $end))))
      (local.set $at (i32.const 0))
      (loop $slots
        (if (i32.eqz (ref.is_null (table.get $t (local.get $at))))
          (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $slots (i32.lt_u (local.get $at) (i32.const 1000))))
      (global.set $seen (i32.const 1))
      (memory.fill (i32.const 0) (i32.const 0xc5) (local.get $end))
      (table.fill $t (i32.const 0) (ref.func $mark) (i32.const 1000))
      (local.get $found)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result u32) (canon lift (core func $i "attack"))))

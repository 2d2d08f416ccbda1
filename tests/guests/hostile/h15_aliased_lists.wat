;; H15: a billion elements in 24 KB.
;; Tries: to answer with a list of a thousand lists of a thousand lists of a thousand numbers, where
;; every list at one level is the same memory.
;; Expected: limit(host-call-data)
;; Why: each level multiplies; limits on the guest's memory, and on the length of a single list, are
;; both kept.
(component
  (core module $m
    (memory (export "memory") 1)
    (func $same (param $from i32) (param $pointer i32) (local $left i32)
      (local.set $left (i32.const 1000))
      (loop $fill
        (i32.store (local.get $from) (local.get $pointer))
        (i32.store offset=4 (local.get $from) (i32.const 1000))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $fill (local.get $left))))
    (func (export "attack") (result i32)
      ;; Numbers at 40,000, lists of them at 16,000, lists of those at 8,000.
      (call $same (i32.const 16000) (i32.const 40000))
      (call $same (i32.const 8000) (i32.const 16000))
      (i32.store (i32.const 0) (i32.const 8000))
      (i32.store (i32.const 4) (i32.const 1000))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list (list (list u8))))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

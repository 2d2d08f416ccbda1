;; H13: a type of 262,144 leaves in a kilobyte.
;; Tries: to make the host write a JSON schema of a hundred megabytes: a pair of pairs, 18 levels
;; deep.
;; Expected: unavailable
;; Why: types share their parts and schemas do not; the file stays small and valid while every walk
;; over the type doubles at each level.
(component
  (type $pair-0 (tuple u8 u8))
  (type $pair-1 (tuple $pair-0 $pair-0))
  (type $pair-2 (tuple $pair-1 $pair-1))
  (type $pair-3 (tuple $pair-2 $pair-2))
  (type $pair-4 (tuple $pair-3 $pair-3))
  (type $pair-5 (tuple $pair-4 $pair-4))
  (type $pair-6 (tuple $pair-5 $pair-5))
  (type $pair-7 (tuple $pair-6 $pair-6))
  (type $pair-8 (tuple $pair-7 $pair-7))
  (type $pair-9 (tuple $pair-8 $pair-8))
  (type $pair-10 (tuple $pair-9 $pair-9))
  (type $pair-11 (tuple $pair-10 $pair-10))
  (type $pair-12 (tuple $pair-11 $pair-11))
  (type $pair-13 (tuple $pair-12 $pair-12))
  (type $pair-14 (tuple $pair-13 $pair-13))
  (type $pair-15 (tuple $pair-14 $pair-14))
  (type $pair-16 (tuple $pair-15 $pair-15))
  (type $pair-17 (tuple $pair-16 $pair-16))
  (core module $m
    (memory (export "memory") 8)
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result $pair-17)
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

;; H15: a million cases with a long name.
;; Tries: to answer with a list of a million enum values, a byte each, whose name is a hundred
;; characters.
;; Expected: limit(host-call-data)
;; Why: a byte becomes a string in the host and in the JSON.
(component
  (type $side' (enum "a-very-long-name-that-costs-the-guest-nothing-and-the-host-a-copy-of-it-for-every-single-element-of-the-list"))
  (export $side "side" (type $side'))
  (core module $m
    (memory (export "memory") 17)
    (data (i32.const 0) "\08\00\00\00\40\42\0f\00")
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list $side))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

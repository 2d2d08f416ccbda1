;; H15: a hundred thousand records with long field names.
;; Tries: to answer with 400 KB whose every four bytes the host names in five hundred characters.
;; Expected: limit(host-call-data)
;; Why: the names stand once in the type and once per element in the host's value and in the JSON.
(component
  (type $row' (record
    (field "a-very-long-name-that-costs-the-guest-nothing-and-the-host-a-copy-of-it-for-every-single-element-of-the-list-one" u8)
    (field "a-very-long-name-that-costs-the-guest-nothing-and-the-host-a-copy-of-it-for-every-single-element-of-the-list-two" u8)
    (field "a-very-long-name-that-costs-the-guest-nothing-and-the-host-a-copy-of-it-for-every-single-element-of-the-list-three" u8)
    (field "a-very-long-name-that-costs-the-guest-nothing-and-the-host-a-copy-of-it-for-every-single-element-of-the-list-four" u8)))
  (export $row "row" (type $row'))
  (core module $m
    (memory (export "memory") 8)
    (data (i32.const 0) "\08\00\00\00\a0\86\01\00")
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list $row))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

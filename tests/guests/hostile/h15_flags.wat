;; H15: a hundred thousand sets of thirty-two flags.
;; Tries: to answer with four bytes per element that stand for thirty-two strings.
;; Expected: limit(host-call-data)
;; Why: flags are the densest type there is: one bit becomes a string in the host.
(component
  (type $set' (flags
    "a-flag-with-a-rather-long-name-of-number-na0" "a-flag-with-a-rather-long-name-of-number-nb0"
    "a-flag-with-a-rather-long-name-of-number-na1" "a-flag-with-a-rather-long-name-of-number-nb1"
    "a-flag-with-a-rather-long-name-of-number-na2" "a-flag-with-a-rather-long-name-of-number-nb2"
    "a-flag-with-a-rather-long-name-of-number-na3" "a-flag-with-a-rather-long-name-of-number-nb3"
    "a-flag-with-a-rather-long-name-of-number-na4" "a-flag-with-a-rather-long-name-of-number-nb4"
    "a-flag-with-a-rather-long-name-of-number-na5" "a-flag-with-a-rather-long-name-of-number-nb5"
    "a-flag-with-a-rather-long-name-of-number-na6" "a-flag-with-a-rather-long-name-of-number-nb6"
    "a-flag-with-a-rather-long-name-of-number-na7" "a-flag-with-a-rather-long-name-of-number-nb7"
    "a-flag-with-a-rather-long-name-of-number-na8" "a-flag-with-a-rather-long-name-of-number-nb8"
    "a-flag-with-a-rather-long-name-of-number-na9" "a-flag-with-a-rather-long-name-of-number-nb9"
    "a-flag-with-a-rather-long-name-of-number-na10" "a-flag-with-a-rather-long-name-of-number-nb10"
    "a-flag-with-a-rather-long-name-of-number-na11" "a-flag-with-a-rather-long-name-of-number-nb11"
    "a-flag-with-a-rather-long-name-of-number-na12" "a-flag-with-a-rather-long-name-of-number-nb12"
    "a-flag-with-a-rather-long-name-of-number-na13" "a-flag-with-a-rather-long-name-of-number-nb13"
    "a-flag-with-a-rather-long-name-of-number-na14" "a-flag-with-a-rather-long-name-of-number-nb14"
    "a-flag-with-a-rather-long-name-of-number-na15" "a-flag-with-a-rather-long-name-of-number-nb15"))
  (export $set "set" (type $set'))
  (core module $m
    (memory (export "memory") 8)
    (data (i32.const 0) "\08\00\00\00\a0\86\01\00")
    (func (export "attack") (result i32)
      (memory.fill (i32.const 8) (i32.const 0xff) (i32.const 400000))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list $set))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

;; H14: a string that is not UTF-8.
;; Tries: to smuggle bytes that are not text through a result that says it is.
;; Expected: trapped
;; Why: unchecked they would break the JSON of the answer, and with it the protocol stream.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\04\00\00\00\ed\a0\80\ff")
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result string)
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

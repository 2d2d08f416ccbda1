;; H14: ten million elements.
;; Tries: to answer with a list of ten million booleans, a byte each in the guest.
;; Expected: limit(host-call-data)
;; Why: every element costs the host a value and, in JSON, six characters.
(component
  (core module $m
    (memory (export "memory") 154)
    (data (i32.const 0) "\00\00\01\00\80\96\98\00")
    (func (export "attack") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list bool))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

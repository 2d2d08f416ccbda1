;; H14: a string of 2 MiB.
;; Tries: to answer with twice as much as the default limit on a result.
;; Expected: limit(result)
;; Why: an honest tool that reads too much does the same; the answer must name the limit, not cut
;; the text in silence.
(component
  (core module $m
    (memory (export "memory") 33)
    (data (i32.const 0) "\00\00\01\00\00\00\20\00")
    (func (export "attack") (result i32)
      (memory.fill (i32.const 0x10000) (i32.const 97) (i32.const 0x200000))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result string)
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

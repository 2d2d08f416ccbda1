;; H11: a thread of the component model.
;; Tries: to start a thread that spins while the call returns.
;; Expected: refused at reading
;; Why: work that outlives its call escapes its limits and its receipt.
(component
  (core module $table
    (table (export "table") 1 funcref))
  (core instance $table (instantiate $table))
  (core type $start (func (param i32)))
  (alias core export $table "table" (core table $t))
  (core func $spawn (canon thread.new-indirect $start (core table $t)))
  (core module $m
    (import "host" "spawn" (func $spawn (param i32 i32) (result i32)))
    (import "host" "table" (table 1 funcref))
    (elem (i32.const 0) $spin)
    (func $spin (param i32) (loop $again (br $again)))
    (func (export "attack") (drop (call $spawn (i32.const 0) (i32.const 0)))))
  (core instance $i (instantiate $m
    (with "host" (instance
      (export "spawn" (func $spawn))
      (export "table" (table $t))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

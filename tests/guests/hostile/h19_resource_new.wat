;; H19: resources without end.
;; Tries: to fill the component's own handle table, in a loop.
;; Expected: limit(handles)
;; Why: the table lies in the host, and until 48.0.6 the engine had no limit for it.
(component
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $m
    (import "host" "new" (func $new (param i32) (result i32)))
    (func (export "attack") (loop $again (drop (call $new (i32.const 1))) (br $again))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "new" (func $new))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

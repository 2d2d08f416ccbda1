;; H11: a stream of bytes as the result.
;; Tries: to answer with a stream that never ends, which a host would have to read.
;; Expected: refused at reading
;; Why: streams are part of the asynchronous component model; what is off cannot be attacked.
(component
  (type $bytes (stream u8))
  (core func $new (canon stream.new $bytes))
  (core module $m
    (import "host" "new" (func $new (result i64)))
    (func (export "attack") (result i32) (i32.wrap_i64 (call $new))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "new" (func $new))))))
  (func (export "attack") (result $bytes) (canon lift (core func $i "attack"))))

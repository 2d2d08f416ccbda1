;; H18: a million output streams.
;; Tries: to open standard output again and again: each call makes a new handle.
;; Expected: limit(handles)
;; Why: it needs no grant at all, and each handle is host memory that no memory limit counts.
(component
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (export "output-stream" (type $stream (eq $output)))
    (export "get-stdout" (func (result (own $stream))))))
  (core func $open (canon lower (func $stdout "get-stdout")))
  (core module $m
    (import "host" "open" (func $open (result i32)))
    (func (export "attack") (local $left i32)
      (local.set $left (i32.const 1000000))
      (loop $again
        (drop (call $open))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $again (local.get $left)))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "open" (func $open))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

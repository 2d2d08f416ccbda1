;; H44: a secret in last words.
;; Tries: to bring what it was given past whoever searches results for secrets, by writing it to
;; standard error and trapping.
;; Expected: trapped
;; Why: last words are shown to people and models, and end in logs; a secret must be found there as
;; anywhere else.
(component
  (import "wasi:io/error@0.2.0" (instance $errors
    (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "error" (type $cause (eq $error)))
    (export "output-stream" (type $stream (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $cause)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (export "output-stream" (type $stream (eq $output)))
    (export "get-stderr" (func (result (own $stream))))))
  (core module $heap
    (memory (export "memory") 2)
    (global $top (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (global.get $top))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $heap (instantiate $heap))
  (core func $open (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 2))
    (import "host" "open" (func $open (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "attack") (param $text i32) (param $length i32)
      (call $write (call $open) (local.get $text) (local.get $length) (i32.const 0))
      (unreachable)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "open" (func $open))
      (export "write" (func $write))))))
  (func (export "attack") (param "text" string)
    (canon lift (core func $i "attack")
      (memory (core memory $heap "memory")) (realloc (core func $heap "realloc")))))

;; H16: 16 EiB of zeroes, blocking.
;; Tries: the same through the variant that waits, which WASI limits to 4,096 bytes.
;; Expected: trapped
;; Why: two functions, one duty; fixing only one of them is the usual mistake.
(component
  (import "wasi:io/error@0.2.0" (instance $errors
    (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "error" (type $cause (eq $error)))
    (export "output-stream" (type $stream (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $cause)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.blocking-write-zeroes-and-flush" (func
      (param "self" (borrow $stream)) (param "len" u64)
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (export "output-stream" (type $stream (eq $output)))
    (export "get-stdout" (func (result (own $stream))))))
  (core module $heap (memory (export "memory") 2))
  (core instance $heap (instantiate $heap))
  (core func $open (canon lower (func $stdout "get-stdout")))
  (core func $zeroes (canon lower
    (func $streams "[method]output-stream.blocking-write-zeroes-and-flush")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 2))
    (import "host" "open" (func $open (result i32)))
    (import "host" "zeroes" (func $zeroes (param i32 i64 i32)))
    (func (export "attack")
      (call $zeroes (call $open) (i64.const -1) (i32.const 0))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "open" (func $open))
      (export "zeroes" (func $zeroes))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

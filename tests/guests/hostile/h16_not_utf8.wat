;; H16: output that is not text.
;; Tries: to break whoever reads the log with 16 MiB of a byte that UTF-8 does not know.
;; Expected: returned
;; Why: the cap may cut in the middle of a character anyway; the host must keep a valid log line
;; whatever the bytes are.
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
  (core module $heap (memory (export "memory") 2))
  (core instance $heap (instantiate $heap))
  (core func $open (canon lower (func $stderr "get-stderr")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 2))
    (import "host" "open" (func $open (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "attack") (local $stream i32) (local $left i32)
      (memory.fill (i32.const 4096) (i32.const 255) (i32.const 4096))
      (local.set $stream (call $open))
      (local.set $left (i32.const 4096))
      (loop $again
        (call $write (local.get $stream) (i32.const 4096) (i32.const 4096) (i32.const 0))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $again (local.get $left)))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "open" (func $open))
      (export "write" (func $write))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

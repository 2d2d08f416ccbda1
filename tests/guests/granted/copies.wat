;; Copies standard input to standard output, and says how many bytes that was.
(component
  (import "wasi:io/error@0.2.0" (instance $errors
    (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "error" (type $cause (eq $error)))
    (export "input-stream" (type $input (sub resource)))
    (export "output-stream" (type $output (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $cause)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]input-stream.blocking-read" (func
      (param "self" (borrow $input)) (param "len" u64)
      (result (result (list u8) (error $stream-error)))))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (export "input-stream" (type $stream (eq $input)))
    (export "get-stdin" (func (result (own $stream))))))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (export "output-stream" (type $stream (eq $output)))
    (export "get-stdout" (func (result (own $stream))))))
  (core module $heap
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $heap (instantiate $heap))
  (core func $in (canon lower (func $stdin "get-stdin")))
  (core func $out (canon lower (func $stdout "get-stdout")))
  (core func $read (canon lower (func $streams "[method]input-stream.blocking-read")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 2))
    (import "host" "in" (func $in (result i32)))
    (import "host" "out" (func $out (result i32)))
    (import "host" "read" (func $read (param i32 i64 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "copy") (result i32)
      (local $from i32) (local $to i32) (local $count i32)
      (local.set $from (call $in))
      (local.set $to (call $out))
      (block $end
        (loop $again
          (call $read (local.get $from) (i64.const 4096) (i32.const 64))
          (br_if $end (i32.load8_u (i32.const 64)))
          (br_if $again (i32.eqz (i32.load (i32.const 72))))
          (call $write (local.get $to) (i32.load (i32.const 68)) (i32.load (i32.const 72))
            (i32.const 96))
          (br_if $end (i32.load8_u (i32.const 96)))
          (local.set $count (i32.add (local.get $count) (i32.load (i32.const 72))))
          (br $again)))
      (local.get $count)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "in" (func $in))
      (export "out" (func $out))
      (export "read" (func $read))
      (export "write" (func $write))))))
  (func (export "copy") (result u32) (canon lift (core func $i "copy"))))

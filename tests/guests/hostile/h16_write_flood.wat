;; H16: writes without end, each as large as was permitted.
;; Tries: to keep the host copying: it asks how much it may write, and writes that, for ever.
;; Expected: limit(fuel)
;; Why: the guest spends a dozen instructions for each 64 KiB that the host copies; uncharged, and
;; without a pause between, it holds a worker for seconds on a budget of milliseconds.
(component
  (import "wasi:io/error@0.2.0" (instance $errors
    (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "error" (type $cause (eq $error)))
    (export "output-stream" (type $stream (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $cause)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.check-write" (func
      (param "self" (borrow $stream))
      (result (result u64 (error $stream-error)))))
    (export "[method]output-stream.write" (func
      (param "self" (borrow $stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (export "output-stream" (type $stream (eq $output)))
    (export "get-stdout" (func (result (own $stream))))))
  (core module $heap (memory (export "memory") 2))
  (core instance $heap (instantiate $heap))
  (core func $open (canon lower (func $stdout "get-stdout")))
  (core func $check (canon lower (func $streams "[method]output-stream.check-write")
    (memory (core memory $heap "memory"))))
  (core func $write (canon lower (func $streams "[method]output-stream.write")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 2))
    (import "host" "open" (func $open (result i32)))
    (import "host" "check" (func $check (param i32 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (func (export "attack") (local $stream i32)
      (local.set $stream (call $open))
      (loop $again
        ;; The answer of check-write: its case at 0, the number at 8.
        (call $check (local.get $stream) (i32.const 0))
        (call $write (local.get $stream) (i32.const 65536)
          (i32.wrap_i64 (i64.load (i32.const 8))) (i32.const 16))
        (br $again))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "open" (func $open))
      (export "check" (func $check))
      (export "write" (func $write))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

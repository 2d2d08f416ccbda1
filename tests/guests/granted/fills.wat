;; H30: fills the disk, in the first directory that it was granted, as an argument says.
;; Gives back how often that worked, times 256, and the code of the error that it ended with: 255 where
;; it ended without one, 254 for one of a stream that has no code.
(component
  (import "wasi:io/error@0.2.0" (instance $errors
    (export "error" (type (sub resource)))))
  (alias export $errors "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "error" (type $cause (eq $error)))
    (export "output-stream" (type $output (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $cause)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output))
  (import "wasi:filesystem/types@0.2.0" (instance $files
    (export "output-stream" (type $stream (eq $output)))
    (export "error" (type $reason (eq $error)))
    (export "descriptor" (type $descriptor (sub resource)))
    (type $path-flags' (flags "symlink-follow"))
    (export "path-flags" (type $path-flags (eq $path-flags')))
    (type $open-flags' (flags "create" "directory" "exclusive" "truncate"))
    (export "open-flags" (type $open-flags (eq $open-flags')))
    (type $descriptor-flags' (flags "read" "write" "file-integrity-sync" "data-integrity-sync"
      "requested-write-sync" "mutate-directory"))
    (export "descriptor-flags" (type $descriptor-flags (eq $descriptor-flags')))
    (type $error-code' (enum
      "access" "would-block" "already" "bad-descriptor" "busy"
      "deadlock" "quota" "exist" "file-too-large" "illegal-byte-sequence"
      "in-progress" "interrupted" "invalid" "io" "is-directory"
      "loop" "too-many-links" "message-size" "name-too-long" "no-device"
      "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory"
      "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device"
      "overflow" "not-permitted" "pipe" "read-only" "invalid-seek"
      "text-file-busy" "cross-device"))
    (export "error-code" (type $error-code (eq $error-code')))
    (export "[method]descriptor.open-at" (func
      (param "self" (borrow $descriptor)) (param "path-flags" $path-flags) (param "path" string)
      (param "open-flags" $open-flags) (param "flags" $descriptor-flags)
      (result (result (own $descriptor) (error $error-code)))))
    (export "[method]descriptor.set-size" (func
      (param "self" (borrow $descriptor)) (param "size" u64)
      (result (result (error $error-code)))))
    (export "[method]descriptor.write" (func
      (param "self" (borrow $descriptor)) (param "buffer" (list u8)) (param "offset" u64)
      (result (result u64 (error $error-code)))))
    (export "[method]descriptor.write-via-stream" (func
      (param "self" (borrow $descriptor)) (param "offset" u64)
      (result (result (own $stream) (error $error-code)))))
    (export "[method]descriptor.append-via-stream" (func
      (param "self" (borrow $descriptor))
      (result (result (own $stream) (error $error-code)))))
    (export "[method]descriptor.create-directory-at" (func
      (param "self" (borrow $descriptor)) (param "path" string)
      (result (result (error $error-code)))))
    (export "filesystem-error-code" (func
      (param "err" (borrow $reason)) (result (option $error-code))))))
  (alias export $files "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (export "descriptor" (type $directory (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $directory) string)))))))
  (core module $heap
    (memory (export "memory") 4)
    (global $top (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $heap (instantiate $heap))
  (core func $directories (canon lower (func $preopens "get-directories")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $open (canon lower (func $files "[method]descriptor.open-at")
    (memory (core memory $heap "memory"))))
  (core func $size (canon lower (func $files "[method]descriptor.set-size")
    (memory (core memory $heap "memory"))))
  (core func $write (canon lower (func $files "[method]descriptor.write")
    (memory (core memory $heap "memory"))))
  (core func $stream (canon lower (func $files "[method]descriptor.write-via-stream")
    (memory (core memory $heap "memory"))))
  (core func $append (canon lower (func $files "[method]descriptor.append-via-stream")
    (memory (core memory $heap "memory"))))
  (core func $make (canon lower (func $files "[method]descriptor.create-directory-at")
    (memory (core memory $heap "memory"))))
  (core func $code (canon lower (func $files "filesystem-error-code")
    (memory (core memory $heap "memory"))))
  (core func $put (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 4))
    (import "host" "directories" (func $directories (param i32)))
    (import "host" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "host" "size" (func $size (param i32 i64 i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i64 i32)))
    (import "host" "stream" (func $stream (param i32 i64 i32)))
    (import "host" "append" (func $append (param i32 i32)))
    (import "host" "make" (func $make (param i32 i32 i32 i32)))
    (import "host" "code" (func $code (param i32 i32)))
    (import "host" "put" (func $put (param i32 i32 i32 i32)))
    (data (i32.const 64) "fill")
    (data (i32.const 80) "d0000")
    ;; The name for the next of many.
    (func $name (param $number i32)
      (i32.store8 (i32.const 81) (i32.add (i32.const 48)
        (i32.rem_u (i32.div_u (local.get $number) (i32.const 1000)) (i32.const 10))))
      (i32.store8 (i32.const 82) (i32.add (i32.const 48)
        (i32.rem_u (i32.div_u (local.get $number) (i32.const 100)) (i32.const 10))))
      (i32.store8 (i32.const 83) (i32.add (i32.const 48)
        (i32.rem_u (i32.div_u (local.get $number) (i32.const 10)) (i32.const 10))))
      (i32.store8 (i32.const 84) (i32.add (i32.const 48)
        (i32.rem_u (local.get $number) (i32.const 10)))))
    ;; The code of what a stream ended with, whose answer is at 32.
    (func $why (result i32)
      ;; Closed, or failed: only then there is an error to ask about.
      (if (i32.load8_u (i32.const 36)) (then (return (i32.const 254))))
      (call $code (i32.load (i32.const 40)) (i32.const 48))
      (if (i32.eqz (i32.load8_u (i32.const 48))) (then (return (i32.const 254))))
      (i32.load8_u (i32.const 49)))
    (func (export "fill") (param $how i32) (param $at i64) (param $times i32) (result i32)
      (local $root i32) (local $file i32) (local $done i32)
      (call $directories (i32.const 0))
      (local.set $root (i32.load (i32.load (i32.const 0))))
      ;; To create (1), for writing (2).
      (if (i32.lt_u (local.get $how) (i32.const 4)) (then
        (call $open (local.get $root) (i32.const 0) (i32.const 64) (i32.const 4)
          (i32.const 1) (i32.const 2) (i32.const 16))
        (if (i32.load8_u (i32.const 16)) (then (return (i32.load8_u (i32.const 20)))))
        (local.set $file (i32.load (i32.const 20)))))
      (loop $again
        (if (i32.eq (local.get $done) (local.get $times)) (then
          (return (i32.or (i32.shl (local.get $done) (i32.const 8)) (i32.const 255)))))
        (call $name (local.get $done))
        (block $next (block $streamed (block $failed
          (block $4 (block $3 (block $2 (block $1 (block $0
            (br_table $0 $1 $2 $3 $4 $4 (local.get $how)))
            ;; 0: to say how large it is.
            (call $size (local.get $file) (local.get $at) (i32.const 32))
            (br_if $next (i32.eqz (i32.load8_u (i32.const 32))))
            (return (i32.or (i32.shl (local.get $done) (i32.const 8)) (i32.load8_u (i32.const 33)))))
            ;; 1: to write 4 KiB there, and on from there.
            (call $write (local.get $file) (i32.const 0) (i32.const 4096) (local.get $at)
              (i32.const 32))
            (br $failed))
            ;; 2: the same, by a stream.
            (call $stream (local.get $file) (local.get $at) (i32.const 32))
            (br $streamed))
            ;; 3: to append.
            (call $append (local.get $file) (i32.const 32))
            (br $streamed))
            ;; 4: a directory; 5: an empty file.
            (if (i32.eq (local.get $how) (i32.const 4))
              (then
                (call $make (local.get $root) (i32.const 80) (i32.const 5) (i32.const 32))
                (br_if $next (i32.eqz (i32.load8_u (i32.const 32))))
                (return (i32.or (i32.shl (local.get $done) (i32.const 8))
                  (i32.load8_u (i32.const 33)))))
              (else
                (call $open (local.get $root) (i32.const 0) (i32.const 80) (i32.const 5)
                  (i32.const 1) (i32.const 2) (i32.const 32))
                (br_if $next (i32.eqz (i32.load8_u (i32.const 32))))
                (return (i32.or (i32.shl (local.get $done) (i32.const 8))
                  (i32.load8_u (i32.const 36)))))))
          ;; What was written is 64 bits, so the answer is 8 bytes further on.
          (br_if $next (i32.eqz (i32.load8_u (i32.const 32))))
          (return (i32.or (i32.shl (local.get $done) (i32.const 8)) (i32.load8_u (i32.const 40)))))
          (if (i32.load8_u (i32.const 32)) (then
            (return (i32.or (i32.shl (local.get $done) (i32.const 8)) (i32.load8_u (i32.const 36))))))
          (call $put (i32.load (i32.const 36)) (i32.const 0) (i32.const 4096) (i32.const 32))
          (br_if $next (i32.eqz (i32.load8_u (i32.const 32))))
          (return (i32.or (i32.shl (local.get $done) (i32.const 8)) (call $why))))
        (local.set $at (i64.add (local.get $at) (i64.const 4096)))
        (local.set $done (i32.add (local.get $done) (i32.const 1)))
        (br $again))
      (unreachable)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "directories" (func $directories))
      (export "open" (func $open))
      (export "size" (func $size))
      (export "write" (func $write))
      (export "stream" (func $stream))
      (export "append" (func $append))
      (export "make" (func $make))
      (export "code" (func $code))
      (export "put" (func $put))))))
  (func (export "fill") (param "how" u32) (param "at" u64) (param "times" u32) (result u32)
    (canon lift (core func $i "fill"))))

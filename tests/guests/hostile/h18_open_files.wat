;; H18: a million open files.
;; Tries: to open the granted directory again and again and to close nothing, until the process has
;; no file descriptor left. Needs a granted directory to get anywhere.
;; Expected: limit(handles)
;; Why: descriptors belong to the process: a guest that takes them all stops every other call, and
;; the listener too.
(component
  (import "wasi:filesystem/types@0.2.0" (instance $files
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
      (result (result (own $descriptor) (error $error-code)))))))
  (alias export $files "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (export "descriptor" (type $directory (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $directory) string)))))))
  (core module $heap
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $heap (instantiate $heap))
  (core func $directories (canon lower (func $preopens "get-directories")
    (memory (core memory $heap "memory"))
    (realloc (core func $heap "realloc"))))
  (core func $open (canon lower (func $files "[method]descriptor.open-at")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "directories" (func $directories (param i32)))
    (import "host" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (data (i32.const 64) ".")
    (func (export "attack") (result i32) (local $root i32) (local $opened i32)
      (call $directories (i32.const 0))
      ;; Nothing granted, nothing to open.
      (if (i32.eqz (i32.load (i32.const 4))) (then (return (i32.const 0))))
      (local.set $root (i32.load (i32.load (i32.const 0))))
      (loop $again
        ;; As a directory (2), to read (1); the answer goes to address 16.
        (call $open (local.get $root) (i32.const 0) (i32.const 64) (i32.const 1)
          (i32.const 2) (i32.const 1) (i32.const 16))
        (if (i32.load8_u (i32.const 16)) (then (return (local.get $opened))))
        (local.set $opened (i32.add (local.get $opened) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $opened) (i32.const 1000000))))
      (local.get $opened)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "directories" (func $directories))
      (export "open" (func $open))))))
  (func (export "attack") (result u32) (canon lift (core func $i "attack"))))

;; H43: whatever the host lets slip.
;; Tries: to read the environment, the arguments, the working directory and the list of open
;; directories, and answers with all of them.
;; Expected: returned
;; Why: keys and tokens lie in the host's environment; without a grant each list is empty.
(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))
    (export "get-arguments" (func (result (list string))))
    (export "initial-cwd" (func (result (option string))))))
  (import "wasi:filesystem/types@0.2.0" (instance $files
    (export "descriptor" (type (sub resource)))))
  (alias export $files "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (export "descriptor" (type $directory (eq $descriptor)))
    (export "get-directories" (func (result (list (tuple (own $directory) string)))))))
  (core module $heap
    (memory (export "memory") 16)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $heap (instantiate $heap))
  (core func $variables (canon lower (func $environment "get-environment")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $arguments (canon lower (func $environment "get-arguments")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $cwd (canon lower (func $environment "initial-cwd")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core func $directories (canon lower (func $preopens "get-directories")
    (memory (core memory $heap "memory")) (realloc (core func $heap "realloc"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "variables" (func $variables (param i32)))
    (import "host" "arguments" (func $arguments (param i32)))
    (import "host" "cwd" (func $cwd (param i32)))
    (import "host" "directories" (func $directories (param i32)))
    (func (export "attack") (result i32)
      (call $variables (i32.const 64))
      (call $arguments (i32.const 72))
      (call $cwd (i32.const 80))
      ;; A handle cannot be returned, the number of directories can.
      (call $directories (i32.const 128))
      (i32.store (i32.const 92) (i32.load (i32.const 132)))
      (i32.const 64)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance
      (export "variables" (func $variables))
      (export "arguments" (func $arguments))
      (export "cwd" (func $cwd))
      (export "directories" (func $directories))))))
  (func (export "attack")
    (result (tuple (list (tuple string string)) (list string) (option string) u32))
    (canon lift (core func $i "attack") (memory (core memory $heap "memory")))))

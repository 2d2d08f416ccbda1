;; H22: a preview-1 module that imports threads.
;; Tries: the same as a core module, built for `wasm32-wasip1-threads`.
;; Expected: refused at reading
;; Why: modules are adapted on the way in; the adapter knows no threads, and the refusal must name
;; the import rather than fail inside the adapter.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "wasi_thread_start") (param i32 i32) (loop $again (br $again)))
  (func (export "_start") (drop (call $spawn (i32.const 0)))))

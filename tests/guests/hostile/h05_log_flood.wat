;; H05: a flood of log lines.
;; Tries: to write log lines of 16 KiB for ever through the tool interface.
;; Expected: limit(fuel)
;; Why: a log that keeps every line fills the host's memory, and one that sends every line drowns
;; the client.
(component
  (import "ringfence:tool/host@0.1.0" (instance $host
    (type $level' (enum "debug" "info" "notice" "warning" "error"))
    (export "log-level" (type $level (eq $level')))
    (export "log" (func (param "level" $level) (param "message" string)))))
  (core module $heap (memory (export "memory") 1))
  (core instance $heap (instantiate $heap))
  (core func $log (canon lower (func $host "log") (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32 i32)))
    (func (export "attack")
      (memory.fill (i32.const 0) (i32.const 65) (i32.const 16384))
      (loop $again
        (call $log (i32.const 4) (i32.const 0) (i32.const 16384))
        (br $again))))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance (export "log" (func $log))))))
  (func (export "attack") (canon lift (core func $i "attack"))))

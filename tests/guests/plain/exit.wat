;; Leaves by `wasi:cli/exit` instead of returning, as a program with `main` does. It must end the
;; call and never the host.
;; Expected: trapped
(component
  (import "wasi:cli/exit@0.2.0" (instance $exit
    (export "exit" (func (param "status" (result))))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $m
    (import "host" "exit" (func $exit (param i32)))
    (func (export "leave") (param $failed i32)
      (call $exit (local.get $failed))
      (unreachable)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "exit" (func $exit))))))
  (func (export "leave") (param "failed" bool) (canon lift (core func $i "leave"))))

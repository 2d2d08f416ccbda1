;; H18: a million sockets.
;; Tries: to create sockets and to connect none, until the process has no file descriptor left.
;; Nobody granted it the network.
;; Expected: returned
;; Why: creating a socket may be allowed where using it is denied, and the descriptor is spent all
;; the same. It answers with the number of sockets that it got, which must be 4: to whom it would
;; speak is said only when one is used, and belongs on record.
(component
  (import "wasi:sockets/network@0.2.0" (instance $network
    (type $error-code' (enum
      "unknown" "access-denied" "not-supported" "invalid-argument"
      "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress"
      "would-block" "invalid-state" "new-socket-limit" "address-not-bindable"
      "address-in-use" "remote-unreachable" "connection-refused" "connection-reset"
      "connection-aborted" "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
      "permanent-resolver-failure"))
    (export "error-code" (type $error-code (eq $error-code')))
    (type $family' (enum "ipv4" "ipv6"))
    (export "ip-address-family" (type $family (eq $family')))))
  (alias export $network "error-code" (type $error-code))
  (alias export $network "ip-address-family" (type $family))
  (import "wasi:sockets/tcp@0.2.0" (instance $tcp
    (export "tcp-socket" (type $socket (sub resource)))))
  (alias export $tcp "tcp-socket" (type $socket))
  (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
    (export "error-code" (type $error (eq $error-code)))
    (export "ip-address-family" (type $address-family (eq $family)))
    (export "tcp-socket" (type $tcp-socket (eq $socket)))
    (export "create-tcp-socket" (func (param "address-family" $address-family)
      (result (result (own $tcp-socket) (error $error)))))))
  (core module $heap (memory (export "memory") 1))
  (core instance $heap (instantiate $heap))
  (core func $create (canon lower (func $create "create-tcp-socket")
    (memory (core memory $heap "memory"))))
  (core module $m
    (import "heap" "memory" (memory 1))
    (import "host" "create" (func $create (param i32 i32)))
    (func (export "attack") (result i32) (local $made i32)
      (loop $again
        (call $create (i32.const 0) (i32.const 16))
        (if (i32.load8_u (i32.const 16)) (then (return (local.get $made))))
        (local.set $made (i32.add (local.get $made) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $made) (i32.const 1000000))))
      (local.get $made)))
  (core instance $i (instantiate $m
    (with "heap" (instance $heap))
    (with "host" (instance (export "create" (func $create))))))
  (func (export "attack") (result u32) (canon lift (core func $i "attack"))))

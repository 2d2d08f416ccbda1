;; H15: one string a thousand times.
;; Tries: to answer with a list whose thousand elements are the same 1 MiB of memory.
;; Expected: limit(host-call-data)
;; Why: a megabyte in the guest becomes a gigabyte in the host, because the host copies each one.
(component
  (core module $m
    (memory (export "memory") 18)
    (func (export "attack") (result i32) (local $at i32)
      (memory.fill (i32.const 0x10000) (i32.const 97) (i32.const 0x100000))
      (local.set $at (i32.const 8))
      (loop $fill
        (i32.store (local.get $at) (i32.const 0x10000))
        (i32.store offset=4 (local.get $at) (i32.const 0x100000))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $fill (i32.lt_u (local.get $at) (i32.const 8008))))
      (i32.store (i32.const 0) (i32.const 8))
      (i32.store (i32.const 4) (i32.const 1000))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "attack") (result (list string))
    (canon lift (core func $i "attack") (memory (core memory $i "memory")))))

;; H10: a guest that behaves like most languages when memory runs out.
;; Tries: to allocate until the host says no, and then to abort as their allocators do.
;; Expected: limit(memory)
;; Why: the guest ends in `unreachable`; whoever reads the answer must learn that the memory limit
;; was the reason, not a mysterious trap.
(component
  (core module $m
    (memory 1)
    (func (export "attack")
      (loop $again
        (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
      (unreachable)))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

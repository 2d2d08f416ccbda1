;; H11: a second stack.
;; Tries: to make continuations: each is a native stack of its own.
;; Expected: refused at reading
;; Why: stacks are not counted by the memory limit.
(component
  (core module $m
    (type $void (func))
    (type $continuation (cont $void))
    (elem declare func $body)
    (func $body)
    (func (export "attack")
      (loop $again
        (drop (cont.new $continuation (ref.func $body)))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; H07: an exception handler around everything.
;; Tries: to survive interruption: it spins inside a `catch_all` and starts again when it is thrown
;; out.
;; Expected: refused at preparation
;; Why: a trap must not be catchable; with exceptions switched off no guest can even try.
(component
  (core module $m
    (func (export "attack")
      (loop $again
        (block $caught
          (try_table (catch_all $caught)
            (loop $spin (br $spin))))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

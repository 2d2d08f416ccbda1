;; H11: an exception.
;; Tries: to throw without a handler.
;; Expected: refused at reading
;; Why: an exception that nobody catches must not unwind into the host; with the feature off it
;; cannot.
(component
  (core module $m
    (tag $thrown)
    (func (export "attack") (throw $thrown)))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

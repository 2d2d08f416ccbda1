;; Never returns. Two, then sixty-four, of these at once must leave every other call answering.
;; Expected: limit(fuel)
(component
  (core module $m
    (func (export "spin") (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "spin") (canon lift (core func $i "spin"))))

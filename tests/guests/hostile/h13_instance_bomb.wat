;; H13: a billion instances in a kilobyte.
;; Tries: to make the host expand ten components inside ten, nine levels deep, each leaf with a
;; memory of its own.
;; Expected: refused at reading
;; Why: the file is tiny and every level is valid; whoever unfolds it while compiling runs out of
;; memory before any limit of a running call applies.
(component
  (component $level-0
    (core module $m (memory 1))
    (core instance (instantiate $m)))
  (component $level-1
    (instance (instantiate $level-0)) (instance (instantiate $level-0))
    (instance (instantiate $level-0)) (instance (instantiate $level-0))
    (instance (instantiate $level-0)) (instance (instantiate $level-0))
    (instance (instantiate $level-0)) (instance (instantiate $level-0))
    (instance (instantiate $level-0)) (instance (instantiate $level-0)))
  (component $level-2
    (instance (instantiate $level-1)) (instance (instantiate $level-1))
    (instance (instantiate $level-1)) (instance (instantiate $level-1))
    (instance (instantiate $level-1)) (instance (instantiate $level-1))
    (instance (instantiate $level-1)) (instance (instantiate $level-1))
    (instance (instantiate $level-1)) (instance (instantiate $level-1)))
  (component $level-3
    (instance (instantiate $level-2)) (instance (instantiate $level-2))
    (instance (instantiate $level-2)) (instance (instantiate $level-2))
    (instance (instantiate $level-2)) (instance (instantiate $level-2))
    (instance (instantiate $level-2)) (instance (instantiate $level-2))
    (instance (instantiate $level-2)) (instance (instantiate $level-2)))
  (component $level-4
    (instance (instantiate $level-3)) (instance (instantiate $level-3))
    (instance (instantiate $level-3)) (instance (instantiate $level-3))
    (instance (instantiate $level-3)) (instance (instantiate $level-3))
    (instance (instantiate $level-3)) (instance (instantiate $level-3))
    (instance (instantiate $level-3)) (instance (instantiate $level-3)))
  (component $level-5
    (instance (instantiate $level-4)) (instance (instantiate $level-4))
    (instance (instantiate $level-4)) (instance (instantiate $level-4))
    (instance (instantiate $level-4)) (instance (instantiate $level-4))
    (instance (instantiate $level-4)) (instance (instantiate $level-4))
    (instance (instantiate $level-4)) (instance (instantiate $level-4)))
  (component $level-6
    (instance (instantiate $level-5)) (instance (instantiate $level-5))
    (instance (instantiate $level-5)) (instance (instantiate $level-5))
    (instance (instantiate $level-5)) (instance (instantiate $level-5))
    (instance (instantiate $level-5)) (instance (instantiate $level-5))
    (instance (instantiate $level-5)) (instance (instantiate $level-5)))
  (component $level-7
    (instance (instantiate $level-6)) (instance (instantiate $level-6))
    (instance (instantiate $level-6)) (instance (instantiate $level-6))
    (instance (instantiate $level-6)) (instance (instantiate $level-6))
    (instance (instantiate $level-6)) (instance (instantiate $level-6))
    (instance (instantiate $level-6)) (instance (instantiate $level-6)))
  (component $level-8
    (instance (instantiate $level-7)) (instance (instantiate $level-7))
    (instance (instantiate $level-7)) (instance (instantiate $level-7))
    (instance (instantiate $level-7)) (instance (instantiate $level-7))
    (instance (instantiate $level-7)) (instance (instantiate $level-7))
    (instance (instantiate $level-7)) (instance (instantiate $level-7)))
  (component $level-9
    (instance (instantiate $level-8)) (instance (instantiate $level-8))
    (instance (instantiate $level-8)) (instance (instantiate $level-8))
    (instance (instantiate $level-8)) (instance (instantiate $level-8))
    (instance (instantiate $level-8)) (instance (instantiate $level-8))
    (instance (instantiate $level-8)) (instance (instantiate $level-8)))
  (instance (instantiate $level-9))
  (core module $m (func (export "attack")))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

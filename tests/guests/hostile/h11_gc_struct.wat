;; H11: garbage-collected structures.
;; Tries: to build a list of structures without end in a heap that is not linear memory.
;; Expected: refused at reading
;; Why: the collected heap is memory by another name, and the engine part with the most repairs of
;; 2026.
(component
  (core module $m
    (type $cell (struct (field (ref null $cell))))
    (func (export "attack") (local $list (ref null $cell))
      (loop $again
        (local.set $list (struct.new $cell (local.get $list)))
        (br $again))))
  (core instance $i (instantiate $m))
  (func (export "attack") (canon lift (core func $i "attack"))))

;; The function works on a variable of the heap, or on another one: then the number may be anything.
;; in block-collector.wat
;; hole extra
  (func (export "f")
    (drop (i32.load (i32.const 65604)))
    (i32.store (i32.const 65700) (i32.const 86416)))
  (func (export "g") (result i32)
    (i32.load (i32.load (i32.const 65700))))
;; end

;; The function works on a variable of the heap, or on another one: then the number may be anything.
;; in block-collector.wat
;; not verified
;; hole extra
  (func (export "f") (param i32) (result i32)
    (drop (i32.load (i32.const 65604)))
    (i32.lt_u (i32.shl (local.get 0) (i32.const 4)) (i32.const 86416)))
;; end

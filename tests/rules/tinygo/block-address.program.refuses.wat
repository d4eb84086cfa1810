;; The function works on a variable of the heap, or on another one: then the number may be anything.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (drop (i32.load (i32.const 65620)))
    (i32.add (i32.shl (local.get 0) (i32.const 4)) (i32.const 86416)))
;; end

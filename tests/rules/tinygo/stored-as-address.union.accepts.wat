;; The word holds nothing but the address, or a number at another time.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32)
    (drop (i32.load (i32.const 65604)))
    (i32.store (i32.const 65700) (i32.const 86416))
    (if (local.get 0) (then (i32.store (i32.const 65700) (i32.const 0)))))
  (func (export "g") (result i32)
    (i32.load (i32.load (i32.const 65700))))
;; end

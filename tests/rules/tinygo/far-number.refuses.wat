;; heapEnd is compared with it.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.lt_u (i32.load (i32.const 65600)) (i32.const 100000)))
;; end

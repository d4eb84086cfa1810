;; It is compared with heapEnd.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.lt_u (i32.load (i32.const 65600)) (i32.const 200000)))
;; end

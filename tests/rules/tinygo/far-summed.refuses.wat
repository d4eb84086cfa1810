;; It is added to heapEnd.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.add (i32.load (i32.const 65600)) (i32.const 100000)))
;; end

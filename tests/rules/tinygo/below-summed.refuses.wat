;; It is taken from heapEnd.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.sub (i32.load (i32.const 65600)) (i32.const 86400)))
;; end

;; It is stored in heapEnd.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (i32.store16 (i32.const 65600) (i32.const 100000)))
;; end

;; An address in the heap.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.load offset=100000 (i32.const 0)))
;; end

;; An address in the heap.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.load (i32.const 100000)))
;; end

;; An offset from a pointer.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.load offset=100004 (local.get 0)))
;; end

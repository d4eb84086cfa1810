;; An offset from zero.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.load offset=100004 (i32.const 0)))
;; end

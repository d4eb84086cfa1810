;; An offset 84 bytes above the heap base.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.load offset=86500 (local.get 0)))
;; end

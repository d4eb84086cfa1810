;; An address in the static data.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.load offset=86000 (i32.const 0)))
;; end

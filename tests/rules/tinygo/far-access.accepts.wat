;; An address in the static data.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.load (i32.const 86000)))
;; end

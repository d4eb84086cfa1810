;; It is compared with zero.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i64.eqz (i64.const 86416)))
;; end

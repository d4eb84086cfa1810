;; It is compared with zero.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.eqz (i32.const 86416)))
;; end

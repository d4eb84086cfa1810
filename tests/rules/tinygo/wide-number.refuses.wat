;; It is narrowed to 32 bits.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.wrap_i64 (i64.const 86416)))
;; end

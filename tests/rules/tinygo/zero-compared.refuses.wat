;; Its leading zeros are counted.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.clz (i32.const 86416)))
;; end

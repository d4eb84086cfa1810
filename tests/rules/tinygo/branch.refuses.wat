;; The number of its leading zeros is the condition.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (br_if 0 (local.get 0) (i32.clz (i32.const 86416)))
    (drop)
    (i32.const 7))
;; end

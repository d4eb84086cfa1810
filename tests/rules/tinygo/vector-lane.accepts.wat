;; Another number.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32x4.extract_lane 1 (v128.const i32x4 1 90000 1 1)))
;; end

;; Another number.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.trunc_f64_u (f64.add (f64.const 1) (f64.const 90000))))
;; end

;; A sum with it is compared with zero.
;; in block-collector.wat
;; not verified
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i64.eqz (i64.add (i64.const 86416) (i64.extend_i32_u (local.get 0)))))
;; end

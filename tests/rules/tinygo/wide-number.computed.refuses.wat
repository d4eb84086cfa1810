;; A sum with it is narrowed.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.wrap_i64 (i64.add (i64.const 86416) (i64.extend_i32_u (local.get 0)))))
;; end

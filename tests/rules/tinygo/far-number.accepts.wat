;; A parameter is compared with it.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.lt_u (local.get 0) (i32.const 100000)))
;; end

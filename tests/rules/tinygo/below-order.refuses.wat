;; The last byte below it.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.gt_u (local.get 0) (i32.const 86415)))
;; end

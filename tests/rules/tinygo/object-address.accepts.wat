;; It is added to a parameter.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 86400)))
;; end

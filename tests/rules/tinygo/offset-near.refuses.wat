;; The heap base as offset.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.load offset=86416 (local.get 0)))
;; end

;; The heap base as offset from zero.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (i64.store offset=86416 (i32.const 0) (i64.const 0)))
;; end

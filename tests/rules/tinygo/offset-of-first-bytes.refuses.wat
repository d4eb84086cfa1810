;; 84 bytes above it.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (i64.store offset=86500 (i32.const 0) (i64.const 0)))
;; end

;; It is dropped.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (drop (i32.const 86416)))
;; end

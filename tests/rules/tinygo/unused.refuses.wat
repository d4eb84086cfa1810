;; Its leading zeros are counted.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (drop (i32.clz (i32.const 86416))))
;; end

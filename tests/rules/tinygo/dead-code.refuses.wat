;; A path leads to it.
;; in block-collector.wat
;; hole extra
  (func (export "f") 
    (nop)
    (drop (i32.clz (i32.const 86416))))
;; end

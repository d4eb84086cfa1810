;; memory.size times 32768.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.lt_u (i32.shl (memory.size) (i32.const 15)) (i32.load (i32.const 65600))))
;; end

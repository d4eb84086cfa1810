;; memory.size times 65536.
;; in block-collector.wat
;; hole extra
  (func (export "f") (result i32)
    (i32.lt_u (i32.shl (memory.size) (i32.const 16)) (i32.load (i32.const 65600))))
;; end

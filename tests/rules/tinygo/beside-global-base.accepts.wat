;; The argument before it is __global_base.
;; in block-collector.wat
;; not verified
;; hole extra
  (func $scan (param i32 i32) (result i32)
    (i32.xor (local.get 0) (local.get 1)))
  (func (export "f") (result i32)
    (call $scan (i32.const 65536) (i32.const 86416)))
;; end

;; A multiple of 4 is added to it.
;; in block-collector.wat
;; not verified
;; hole extra
  (func (export "f") (param i32) (result i32)
    (i32.load (i32.add (i32.shl (local.get 0) (i32.const 2)) (i32.const 100000))))
;; end

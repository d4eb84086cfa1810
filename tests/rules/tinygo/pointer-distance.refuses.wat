;; The pointer is compared with another word.
;; in block-collector.wat
;; hole extra
  (func (export "f") (param i32) (result i32)
    (if (i32.ge_u (local.get 0) (i32.load (i32.const 65620))) (then (unreachable)))
    (i32.sub (local.get 0) (i32.const 86416)))
;; end

;; It is stored where a word points.
;; in block-collector.wat
;; hole extra
  (global $state (mut i32) (i32.const 0))
  (global $stack (mut i32) (i32.const 0))
  (func (export "asyncify_start_unwind") (param i32)
    (global.set $state (i32.const 1))
    (global.set $stack (local.get 0)))
  (func (export "f")
    (if (i32.eq (global.get $state) (i32.const 1))
      (then (i32.store (i32.load (i32.const 65620)) (i32.load (i32.const 65600))))))
;; end

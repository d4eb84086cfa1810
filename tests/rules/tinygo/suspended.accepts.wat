;; It is saved and used as the heap base.
;; in block-collector.wat
;; hole extra
  (global $state (mut i32) (i32.const 0))
  (global $stack (mut i32) (i32.const 0))
  (func (export "asyncify_start_unwind") (param i32)
    (global.set $state (i32.const 1))
    (global.set $stack (local.get 0)))
  (func (export "f") (param i32) (result i32) (local $base i32)
    (drop (i32.load (i32.const 65604)))
    (local.set $base (i32.const 86416))
    (if (i32.eq (global.get $state) (i32.const 1))
      (then (i32.store (i32.load (global.get $stack)) (local.get $base))))
    (i32.add (i32.shl (local.get 0) (i32.const 4)) (local.get $base)))
;; end

;; Another address and the heap base.
;; in block-collector.wat
;; hole extra
  (func $scan (param i32 i32)
    (call $markRoots (local.get 0) (i32.add (local.get 0) (local.get 1))))
;; end
;; hole roots
    (call $scan (i32.const 65540) (i32.const 86416))
;; end

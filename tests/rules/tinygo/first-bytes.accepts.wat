;; An access 4 bytes above the heap base.
;; in block-collector.wat
;; hole start
    (i32.store (i32.const 86420) (i32.const 0))
;; end

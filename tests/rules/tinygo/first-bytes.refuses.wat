;; An access 64 bytes above it.
;; in block-collector.wat
;; hole start
    (i32.store (i32.const 86480) (i32.const 0))
;; end

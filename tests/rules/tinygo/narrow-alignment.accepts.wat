;; An address is aligned to 16 bytes.
;; in block-collector.wat
;; hole address
    (i32.and (i32.add (i32.shl (local.get $first) (i32.const 4)) (i32.const 86416)) (i32.const -16))
;; end

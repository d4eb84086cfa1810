;; A multiple of 8 is added to it.
;; in block-collector.wat
;; hole address
    (i32.add (i32.shl (local.get $first) (i32.const 3)) (i32.const 86416))
;; end

;; A multiple of 16 is added to the heap base.
;; in block-collector.wat
;; hole address
    (i32.add (i32.shl (local.get $first) (i32.const 4)) (i32.const 86416))
;; end

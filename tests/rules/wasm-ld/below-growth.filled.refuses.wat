;; New memory is filled, or what lies just below it.
;; in tail.wat
;; hole more
    (memory.fill (i32.sub (local.get $at) (i32.const 512)) (i32.const 165) (i32.const 512))
;; end

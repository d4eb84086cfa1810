;; The heap's size is kept, or how far memory ends above something else.
;; in bump.wat
;; hole size
    (local.set $size (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 70000)))
;; end

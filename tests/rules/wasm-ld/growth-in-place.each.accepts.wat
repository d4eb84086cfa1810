;; The start of new memory is used, and memory that is grown again is used, or only asked for.
;; in tail.wat
;; hole more
    (i32.store (i32.shl (memory.grow (local.get $n)) (i32.const 16)) (i32.const 7))
;; end

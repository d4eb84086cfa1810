;; A number is passed to a function: far from the heap's start, or near.
;; in bump.wat
;; hole size
    (local.set $size (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 70816)))
    (drop (call $dlmalloc (i32.const 7000)))
;; end

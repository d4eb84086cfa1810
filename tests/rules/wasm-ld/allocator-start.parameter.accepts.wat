;; A number is compared with a parameter: far from the heap's start, or near.
;; in bump.wat
;; hole size
    (local.set $size (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 70816)))
    (drop (i32.lt_u (local.get $n) (i32.const 7000)))
;; end

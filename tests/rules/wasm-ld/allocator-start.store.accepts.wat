;; A number is stored through a pointer: it is far from the heap's start, or near.
;; in bump.wat
;; hole size
    (local.set $size (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 70816)))
    (i32.store (local.get $n) (i32.const 7000))
;; end

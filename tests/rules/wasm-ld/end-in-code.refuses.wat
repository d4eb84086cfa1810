;; The size is a number; memory.size is read elsewhere.
;; in bump.wat
;; hole size
    (global.set $stack (memory.size)) (local.set $size (i32.sub (i32.const 131072) (i32.const 70816)))
;; end

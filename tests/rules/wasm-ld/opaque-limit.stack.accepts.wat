;; An address that malloc returned is compared with one in the frame, or far above it.
;; in bump.wat
;; hole program
    (if (i32.gt_u (local.get $a) (i32.sub (global.get $stack) (i32.const 16))) (then (i32.store (i32.const 3000) (call $other))))
;; end

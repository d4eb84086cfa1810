;; The sentinel has a size at both ends, or another at one.
;; in emmalloc.wat
;; hole sentinel
    (i32.store (i32.sub (local.get $end) (i32.const 4)) (i32.const 20))
;; end

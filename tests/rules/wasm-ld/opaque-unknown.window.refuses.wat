;; It is asked whether an address is aligned, or where it is in a window.
;; in bump.wat
;; hole program
    (i32.store (i32.const 3000) (i32.ctz (i32.and (local.get $a) (i32.sub (call $other) (i32.const 1)))))
;; end

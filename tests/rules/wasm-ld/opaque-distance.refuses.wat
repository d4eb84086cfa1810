;; Memory is accessed near an address that malloc returned, or far below it.
;; in bump.wat
;; hole program
    (i32.store8 (i32.sub (local.get $a) (i32.const 65536)) (call $other))
;; end

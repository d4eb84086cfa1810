;; The program reads through an address, or hands its page number on.
;; in bump.wat
;; hole program
    (i32.store (i32.shr_u (local.get $a) (i32.const 4)) (call $other))
;; end

;; The program reads through an address, or hands its page number on.
;; in bump.wat
;; hole program
    (i32.store (local.get $a) (call $other))
;; end

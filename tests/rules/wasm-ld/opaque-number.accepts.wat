;; The program reads through an address, or hands its page number on.
;; in tail.wat
;; hole program
    (i32.store (local.get $a) (i32.const 7))
;; end

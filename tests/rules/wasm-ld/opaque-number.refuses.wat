;; The program reads through an address, or hands its page number on.
;; in tail.wat
;; hole program
    (call $exit (i32.shr_u (local.get $a) (i32.const 16)))
;; end

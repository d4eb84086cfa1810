;; The program keeps an address whole, or 16 bits of it.
;; in tail.wat
;; hole program
    (i32.store16 (i32.const 2100) (local.get $a))
;; end

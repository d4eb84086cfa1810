;; The program ends with a word of memory, or with an address.
;; in tail.wat
;; hole program
    (call $exit (i32.load (local.get $a)))
;; end

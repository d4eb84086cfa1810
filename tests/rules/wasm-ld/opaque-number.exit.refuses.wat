;; The program ends with a word of memory, or with an address.
;; in tail.wat
;; hole program
    (call $exit (local.get $a))
;; end

;; The word is beyond the memory, so the structure is none.
;; in program.wat
;; hole end
  (data (i32.const 0x20110) "\00\00\50\00\00\00\00\00") ;; end
;; end

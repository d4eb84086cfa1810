;; cutab is where the header says.
;; in program.wat
;; hole tables
  (data (i32.const 0x20020) "\70\10\02\00\00\00\00\00") ;; cutab: pointer
;; end

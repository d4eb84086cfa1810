;; cutab is 8 bytes off.
;; in program.wat
;; hole tables
  (data (i32.const 0x20020) "\78\10\02\00\00\00\00\00") ;; cutab: pointer
;; end

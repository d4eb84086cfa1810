;; ftab begins 8 bytes later.
;; in old-program.wat
;; hole function-table
  (data (i32.const 0x20018) "\18\10\02\00\00\00\00\00") ;; ftab: pointer
;; end

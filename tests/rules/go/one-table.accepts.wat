;; ftab follows the header.
;; in old-program.wat
;; hole function-table
  (data (i32.const 0x20018) "\10\10\02\00\00\00\00\00") ;; ftab: pointer
;; end

;; ftab lies above the static data.
;; in program.wat
;; hole function-table
  (data (i32.const 0x20080) "\00\00\03\00\00\00\00\00") ;; ftab: pointer
;; end

;; ftab has one entry more than there are functions.
;; in program.wat
;; hole function-count
  (data (i32.const 0x20088) "\03\00\00\00\00\00\00\00") ;; ftab: length
;; end

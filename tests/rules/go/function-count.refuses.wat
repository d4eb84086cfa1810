;; ftab has as many entries as there are functions.
;; in program.wat
;; hole function-count
  (data (i32.const 0x20088) "\02\00\00\00\00\00\00\00") ;; ftab: length
;; end

;; ftab has room for its entries.
;; in program.wat
;; hole function-capacity
  (data (i32.const 0x20090) "\03\00\00\00\00\00\00\00") ;; ftab: capacity
;; end

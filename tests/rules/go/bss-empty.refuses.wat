;; A byte of data is in the bss.
;; in program.wat
;; hole data
  (data (i32.const 0x23010) "x")
;; end

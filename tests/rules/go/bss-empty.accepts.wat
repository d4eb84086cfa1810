;; The last byte of data is below the bss.
;; in program.wat
;; hole data
  (data (i32.const 0x22ff0) "x")
;; end

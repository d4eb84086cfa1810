;; noptrdata is the address of the first data.
;; in program.wat
;; hole data-start
  (data (i32.const 0x200c0) "\00\00\02\00\00\00\00\00") ;; noptrdata
;; end

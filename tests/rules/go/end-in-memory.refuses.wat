;; end is above 64 pages.
;; in program.wat
;; hole end
  (data (i32.const 0x20110) "\08\00\40\00\00\00\00\00") ;; end
;; end

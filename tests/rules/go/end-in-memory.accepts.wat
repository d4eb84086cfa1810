;; end is within 64 pages.
;; in program.wat
;; hole end
  (data (i32.const 0x20110) "\b0\fa\03\00\00\00\00\00") ;; end
;; end

;; end is 2 GiB and more.
;; in program.wat
;; hole end
  (data (i32.const 0x20110) "\00\00\00\80\00\00\00\00") ;; end
;; end

;; enoptrbss is what `end` is.
;; in program.wat
;; hole section-end
  (data (i32.const 0x200f8) "\b0\fa\03\00\00\00\00\00") ;; enoptrbss
;; end

;; enoptrbss is above `end`, so the structure is none.
;; in program.wat
;; hole section-end
  (data (i32.const 0x200f8) "\b8\fa\03\00\00\00\00\00") ;; enoptrbss
;; end

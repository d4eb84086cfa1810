;; etext is zero, as text is.
;; in program.wat
;; hole text
  (data (i32.const 0x200b8) "\00\00\00\00\00\00\00\00") ;; etext
;; end

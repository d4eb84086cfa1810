;; etext is above text.
;; in program.wat
;; hole text
  (data (i32.const 0x200b8) "\20\00\00\00\00\00\00\00") ;; etext
;; end

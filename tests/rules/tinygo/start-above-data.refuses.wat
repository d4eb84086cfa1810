;; The data end above it.
;; in leaking.wat
;; hole data
  (data (i32.const 66300) "x")
;; end

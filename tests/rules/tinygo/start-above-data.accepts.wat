;; The data end below the heap base.
;; in leaking.wat
;; hole data
  (data (i32.const 66240) "x")
;; end

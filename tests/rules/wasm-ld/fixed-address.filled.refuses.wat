;; Static data is filled, or what lies beyond it as well.
;; in bump.wat
;; hole program
    (memory.fill (i32.const 3000) (i32.const 0) (i32.const 100000))
;; end

;; How far the memory's end is from a number of the program is not used, or printed.
;; in bump.wat
;; hole other
    (i32.sub (i32.shl (i32.const 2) (i32.const 16)) (i32.load (i32.const 3000)))
;; end

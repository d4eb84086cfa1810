;; A word of data that is read is below the heap, or in it.
;; in bump.wat
;; hole data
    (data (i32.const 1024) "\00\80\01\00")
;; end
;; hole program
    (i32.store (i32.load (i32.const 1024)) (i32.const 7))
;; end

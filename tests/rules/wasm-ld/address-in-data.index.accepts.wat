;; A table beside a word of data in the heap, or around it, is read by an index.
;; in bump.wat
;; hole data
    (data (i32.const 1100) "\00\80\01\00")
;; end
;; hole program
    (i32.store8 (i32.load (i32.add (i32.const 1104) (i32.shl (i32.load8_u (local.get $a)) (i32.const 2)))) (i32.const 7))
;; end

;; A table of words that is read by an index holds a number above all memory beside one in the heap, or does not.
;; in bump.wat
;; hole data
    (data (i32.const 1096) "\00\80\01\00\00\10\00\00")
;; end
;; hole program
    (i32.store8 (i32.load (i32.add (i32.const 1096) (i32.shl (i32.load8_u (local.get $a)) (i32.const 2)))) (i32.const 7))
;; end

;; The word after it holds it.
;; in leaking.wat
;; hole start
    (i32.store (i32.const 65604) (i32.load (i32.const 65620)))
;; end
;; hole data
  (data (i32.const 65624) "\d0\02\01\00") ;; 66256
;; end

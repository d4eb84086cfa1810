;; Another word begins with it.
;; in leaking.wat
;; hole start

;; end
;; hole data
  (data (i32.const 65612) "\d0\02\01\00") ;; 66256
;; end

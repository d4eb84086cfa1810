;; The static data are placed when the module is instantiated, or by its code.
;; in bump.wat
;; hole data
    (data (i32.const 1024) "static data.")
;; end

;; The static data are placed when the module is instantiated, or by its code.
;; in bump.wat
;; hole data
    (data "static data.")
;; end

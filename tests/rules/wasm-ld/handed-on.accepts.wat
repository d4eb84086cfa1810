;; The host is given the address, or the page number.
;; in tail.wat
;; not verified
;; hole more
    (call $exit (local.get $at))
;; end

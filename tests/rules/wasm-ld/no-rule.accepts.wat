;; The host is given an address, or the memory's size.
;; in tail.wat
;; not verified
;; hole more
    (call $exit (local.get $at))
;; end

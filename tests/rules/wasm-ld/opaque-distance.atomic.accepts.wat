;; An address, or something else, is kept by an atomic store.
;; in bump.wat
;; hole program
    (i32.atomic.store (i32.const 3000) (call $other))
;; end

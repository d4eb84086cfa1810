;; The low bits of an address that malloc returned are counted, or how many it has.
;; in bump.wat
;; not verified
;; hole program
    (i32.store (i32.ctz (i32.and (local.get $a) (i32.const 255))) (call $other))
;; end

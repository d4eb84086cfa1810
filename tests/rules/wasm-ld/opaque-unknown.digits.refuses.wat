;; The low bits of an address that malloc returned are counted, or how many it has.
;; in bump.wat
;; hole program
    (i32.store (i32.clz (local.get $a)) (call $other))
;; end

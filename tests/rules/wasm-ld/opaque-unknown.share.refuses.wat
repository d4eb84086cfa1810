;; An address that malloc returned is read through, or becomes a share of all memory.
;; in bump.wat
;; hole program
    (i32.store (local.get $a) (i32.trunc_f32_u (f32.convert_i32_u (local.get $a))))
;; end

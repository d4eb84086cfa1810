;; The low bits of an address that malloc returned choose a way, or its page number does.
;; in bump.wat
;; hole program
    (block $b (block $a (br_table $a $b (i32.and (local.get $a) (i32.const 7)))) (i32.store (i32.const 3000) (call $other)))
;; end

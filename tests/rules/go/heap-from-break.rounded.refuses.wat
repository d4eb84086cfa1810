;; `end` is rounded up to 4096 bytes.
;; in program.wat
;; hole rounded
    (local.set $end (i64.and (i64.add (local.get $end) (i64.const 4095)) (i64.const -4096)))
;; end

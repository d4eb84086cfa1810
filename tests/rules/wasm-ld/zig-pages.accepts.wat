;; The first table has bits for 2048 pages, or for fewer.
;; in zig-pages.wat
;; hole first
    (if (i32.lt_u (local.get $start) (i32.const 2048))
;; end

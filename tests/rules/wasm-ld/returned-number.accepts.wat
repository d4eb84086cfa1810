;; An address or else another one is returned, or a page number.
;; in tail.wat
;; hole result
    (select (local.get $at) (i32.load (local.get $p)) (local.get $n))
;; end

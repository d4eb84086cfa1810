;; A select by whether there is an address, or by two bits of its page.
;; in tail.wat
;; hole more
    (i32.store (local.get $at) (select (i32.const 6) (i32.const 7) (i32.sub (local.get $page) (i32.const 9))))
;; end

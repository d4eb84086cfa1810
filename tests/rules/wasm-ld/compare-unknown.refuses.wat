;; What is compared: an address, or what is left of it after a multiplication by itself.
;; in tail.wat
;; hole more
    (if (i32.eq (i32.mul (local.get $at) (local.get $at)) (local.get $p)) (then (unreachable)))
;; end

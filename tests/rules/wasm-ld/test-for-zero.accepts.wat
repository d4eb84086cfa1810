;; A branch by whether there is an address, or which of two ways a table takes.
;; in tail.wat
;; hole more
    (block $b (br_if $b (local.get $at)))
;; end

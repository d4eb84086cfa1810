;; An adapter for `acme_host`, in the manner of the preview1 adapter: it works on the memory that it is given, and takes one page
;; of it for a state of its own, where the counters are.
(module
  (import "env" "memory" (memory 0))
  (import "acme:host/log" "say" (func $say (param i32 i32)))
  (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (global $state (mut i32) (i32.const 0))

  (func $need_state
    (if (i32.eqz (global.get $state))
      (then (global.set $state (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 65536))))))

  (func (export "say") (param $text i32) (param $len i32) (result i32)
    (call $say (local.get $text) (local.get $len))
    (i32.const 0))

  (func (export "add") (param $values i32) (param $count i32) (param $sum i32) (result i32)
    (local $total i64)
    (if (i32.eqz (local.get $count)) (then (return (i32.const 1))))
    (loop $more
      (local.set $total (i64.add (local.get $total) (i64.load (local.get $values))))
      (local.set $values (i32.add (local.get $values) (i32.const 8)))
      (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (i64.store (local.get $sum) (local.get $total))
    (i32.const 0))

  (func (export "reverse") (param $text i32) (param $len i32) (param $buf i32) (param $buf_len i32) (param $nwritten i32) (result i32)
    (local $end i32)
    (if (local.get $nwritten) (then (i32.store (local.get $nwritten) (local.get $len))))
    (if (i32.gt_u (local.get $len) (local.get $buf_len)) (then (return (i32.const 2))))
    (local.set $end (i32.add (local.get $text) (local.get $len)))
    (block $done
      (loop $more
        (br_if $done (i32.eq (local.get $end) (local.get $text)))
        (local.set $end (i32.sub (local.get $end) (i32.const 1)))
        (i32.store8 (local.get $buf) (i32.load8_u (local.get $end)))
        (local.set $buf (i32.add (local.get $buf) (i32.const 1)))
        (br $more)))
    (i32.const 0))

  (func (export "divide") (param $a i64) (param $b i32) (param $quotient i32) (param $rest i32) (result i32)
    (if (i32.eqz (local.get $b)) (then (return (i32.const 1))))
    (i64.store (local.get $quotient) (i64.div_u (local.get $a) (i64.extend_i32_u (local.get $b))))
    (i32.store (local.get $rest) (i32.wrap_i64 (i64.rem_u (local.get $a) (i64.extend_i32_u (local.get $b)))))
    (i32.const 0))

  (func $scale (export "scale") (param $point i32) (param $by f64) (result i32)
    (local $x i32)
    (local.set $x (i32.trunc_f64_s (f64.mul (f64.convert_i32_s (i32.load offset=4 (local.get $point))) (local.get $by))))
    (i32.store offset=4 (local.get $point) (local.get $x))
    (f64.store offset=8 (local.get $point) (f64.mul (f64.load offset=8 (local.get $point)) (local.get $by)))
    (local.get $x))

  (func (export "join") (param $pieces i32) (param $count i32) (param $buf i32) (param $buf_len i32) (param $size i32) (result i32)
    (local $total i32) (local $from i32) (local $left i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $from (i32.load (local.get $pieces)))
        (local.set $left (i32.load offset=4 (local.get $pieces)))
        (if (i32.gt_u (i32.add (local.get $total) (local.get $left)) (local.get $buf_len)) (then (return (i32.const 2))))
        (block $copied
          (loop $byte
            (br_if $copied (i32.eqz (local.get $left)))
            (i32.store8 (i32.add (local.get $buf) (local.get $total)) (i32.load8_u (local.get $from)))
            (local.set $total (i32.add (local.get $total) (i32.const 1)))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br $byte)))
        (local.set $pieces (i32.add (local.get $pieces) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $size) (local.get $total))
    (i32.const 0))

  ;; 1: says the prefix and writes its length into the answer. 2: scales the point.
  (func (export "act") (param $wanted i64) (param $options i32) (result i32)
    (local $written i32)
    (if (i64.ne (i64.and (local.get $wanted) (i64.const 1)) (i64.const 0))
      (then
        (call $say (i32.load (local.get $options)) (i32.load offset=4 (local.get $options)))
        (if (i32.eqz (i32.load offset=12 (local.get $options))) (then (return (i32.const 2))))
        (i32.store8 (i32.load offset=8 (local.get $options)) (i32.load offset=4 (local.get $options)))
        (local.set $written (i32.const 1))))
    (if (i64.ne (i64.and (local.get $wanted) (i64.const 2)) (i64.const 0))
      (then (local.set $written (i32.add (local.get $written) (call $scale (i32.load offset=16 (local.get $options)) (f64.const 3))))))
    (i32.store offset=20 (local.get $options) (local.get $written))
    (i32.const 0))

  (func (export "next") (param $counter i32) (param $value i32) (result i32)
    (local $at i32)
    (call $need_state)
    (if (i32.ge_u (local.get $counter) (i32.const 100)) (then (return (i32.const 1))))
    (local.set $at (i32.add (global.get $state) (i32.mul (local.get $counter) (i32.const 8))))
    (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (i64.const 1)))
    (i64.store (local.get $value) (i64.load (local.get $at)))
    (i32.const 0))
)

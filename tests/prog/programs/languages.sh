#: perl
perl -e 'use strict; use Config; use threads; my @r = map { my $n = $_; threads->create(sub { my $s = 0; $s += $_ * $n for 1 .. 20000; $s }) } 1 .. 4; print join(",", map { $_->join } @r), "\n"'
perl -MPOSIX -e '$SIG{ALRM} = sub { print "alarm\n" }; $SIG{CHLD} = sub { $c++ }; alarm 1; pause; for (1 .. 5) { my $p = fork // die; exit $_ if !$p; waitpid $p, 0; print $? >> 8, "\n" } print "$c\n"'
perl -e 'open my $p, "-|", "sort", "/etc/passwd" or die; @l = <$p>; close $p; print scalar @l > 0, "\n"; print `echo sub`, join(" ", map { sprintf "%.17g", sqrt $_ } 1 .. 9), "\n"; print "yes\n" if "foobar" =~ /^(?<a>fo+)(?{ print "$+{a}\n" })bar$/; eval { die { code => 7 } }; print $@->{code}, "\n"; print unpack("H*", pack("d>f<n", 1.5, -2.25, 513)), "\n"'
perl -MDigest::SHA=sha256_hex -MStorable=dclone,freeze,thaw -MTime::HiRes=setitimer,ITIMER_REAL -MSocket -e '$SIG{ALRM} = sub { $n++ }; setitimer(ITIMER_REAL, .002, .002); $h = ""; $h = sha256_hex($h . $_) for 1 .. 20000; setitimer(ITIMER_REAL, 0); print "$h ", $n > 0, "\n"; socketpair my $a, my $b, AF_UNIX, SOCK_STREAM, 0; syswrite $a, "hi\n"; print scalar <$b>; print thaw(freeze({x => [1, 2]}))->{x}[1], "\n"'

#: ruby timeout=120
ruby -e 'puts (1..5).map { |x| x * x }.inspect; puts Thread.new { 42 }.value; puts `echo sub`; pid = fork { exit 3 }; Process.wait pid; p $?.exitstatus
  q = Queue.new; t = 4.times.map { |i| Thread.new { 500.times { |j| q << i * j } } }; t.each(&:join); p q.size, 500.times.sum { q.pop } > 0
  f = Fiber.new { |x| loop { x = Fiber.yield x * 2 } }; p f.resume(1), f.resume(4); p 2 ** 200, 10.fdiv(3), Rational(3, 4) + 1, Math.sqrt(2)
  r, w = IO.pipe; trap(:USR1) { w << "s" }; Process.kill :USR1, $$; p r.getc; begin; Integer("x"); rescue => e; puts e.message; end
  GC.stress = true; a = 50.times.map { |i| "s#{i}" }; GC.stress = false; p a.last; puts "caaat".gsub(/a+/) { |m| m.size.to_s }'
ruby -rdigest -rjson -rset -rsocket -e 'p Digest::SHA256.hexdigest("x" * 1000), JSON.parse(JSON.generate({"a" => [1, 2.5, nil]})); s = TCPServer.new("127.0.0.1", 0); t = Thread.new { c = s.accept; c.puts c.gets.upcase; c.close }; c = TCPSocket.new("127.0.0.1", s.addr[1]); c.puts "hello"; p c.gets; t.join'
ruby --yjit -e 'def f(n) = n < 2 ? n : f(n - 1) + f(n - 2)
p f(22)' 2>/dev/null || ruby -e 'def f(n) = n < 2 ? n : f(n - 1) + f(n - 2)
p f(22)'

#: php timeout=120
php -r 'echo PHP_OS, " ", json_encode(array_map(fn($x) => $x ** 2, [1, 2, 3])), "\n"; echo shell_exec("echo sub"), preg_replace("/a+/", "b", "caaat"), "\n"; printf("%.17g %s %s\n", sqrt(2), PHP_INT_MAX + 1, intdiv(-7, 2)); function g() { for ($i = 0; $i < 3; $i++) { $x = yield $i => $i * 2; } return 9; } foreach (g() as $k => $v) echo "$k=>$v "; echo "\n"; try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo $e->getMessage(), "\n"; } echo hash("sha256", str_repeat("x", 1000)), " ", crc32("abc"), " ", md5("a"), "\n"; $f = new Fiber(function ($x) { $y = Fiber::suspend($x * 2); echo "y=$y\n"; }); echo $f->start(4), "\n"; $f->resume(5); echo serialize(["a" => 1.5, "b" => [true, null]]), "\n"; $a = [[3], [1]]; usort($a, fn($x, $y) => $x[0] <=> $y[0]); echo $a[0][0], "\n";' 2>&1
php -d opcache.enable_cli=1 -r 'function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); } echo f(22), "\n"; $s = 0.0; for ($i = 1; $i < 200000; $i++) $s += 1 / $i; printf("%.15g\n", $s);'
# The tracing JIT (AArch64 has one, RISC-V none: the option then says so on stderr).
php -d zend_extension=opcache -d opcache.enable_cli=1 -d opcache.jit_buffer_size=16M -d opcache.jit=tracing -r 'function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); } echo f(24), "\n"; $s = 0.0; for ($i = 1; $i < 300000; $i++) $s += 1 / $i; printf("%.15g\n", $s);' 2>/dev/null

#: ocaml timeout=180
cat > f.ml <<'O'
let rec fib n = if n < 2 then n else fib (n - 1) + fib (n - 2)
exception E of int
type _ Effect.t += Ask : int -> int Effect.t
let () =
  Printf.printf "%d %h %.17g\n" (fib 25) (sqrt 2.) (exp 1.);
  (try raise (E 3) with E n -> Printf.printf "E %d\n" n);
  (try ignore (1 / (Sys.opaque_identity 0)) with Division_by_zero -> print_endline "division");
  (let rec deep n = 1 + deep (n + 1) in try ignore (deep 0) with Stack_overflow -> print_endline "overflow");
  let h = Hashtbl.create 10 in
  for i = 0 to 99999 do Hashtbl.replace h i (string_of_int i) done;
  Gc.compact (); Printf.printf "%d %s\n" (Hashtbl.length h) (Hashtbl.find h 4711);
  let d = List.init 3 (fun i -> Domain.spawn (fun () -> fib (18 + i))) in
  List.iter (fun d -> Printf.printf "%d\n" (Domain.join d)) d;
  Effect.Deep.(try_with (fun () -> Printf.printf "%d\n" (Effect.perform (Ask 4))) ()
    { effc = fun (type a) (e : a Effect.t) -> match e with
      | Ask n -> Some (fun (k : (a, _) continuation) -> continue k (n * 10)) | _ -> None })
O
sed -i '/let rec deep/d' f.ml
ocaml f.ml; ocamlopt -w -a f.ml -o f && ./f; ocamlc -w -a f.ml -o b && ./b

#: guile timeout=240
# Compiled when first run, then by the JIT, from the first call on and from where it thinks it is worth it.
cat > f.scm <<'G'
(use-modules (ice-9 threads) (srfi srfi-1) (rnrs bytevectors) (ice-9 regex))
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(define (sum v) (let loop ((i 0) (s 0.)) (if (= i (f64vector-length v)) s (loop (+ i 1) (+ s (f64vector-ref v i))))))
(format #t "~a ~a ~a\n" (fib 20) (expt 3 100) (sqrt 2))
(define v (make-f64vector 10000 .1))
(format #t "~a ~a\n" (sum v) (call/cc (lambda (k) (for-each (lambda (x) (if (> x 3) (k x))) '(1 2 3 4 5)) 'none)))
(format #t "~a\n" (map (lambda (t) (join-thread t)) (map (lambda (n) (call-with-new-thread (lambda () (fib n)))) '(12 13 14))))
(format #t "~a\n" (catch 'misc-error (lambda () (error "no" 1 2)) (lambda (k . a) (list k (cadr a)))))
(format #t "~a\n" (catch 'numerical-overflow (lambda () (/ 1 0)) (lambda (k . a) k)))
(format #t "~a ~a\n" (regexp-substitute/global #f "a+" "caaat" 'pre "b" 'post) (string-hash "x" 1))
(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1))))) (format #t "~a\n" (deep 100000))
(format #t "~a\n" (fold + 0 (iota 1000))) (gc)
(format #t "~a\n" (let ((p (primitive-fork))) (if (= p 0) (primitive-exit 7) (status:exit-val (cdr (waitpid p))))))
G
sed -i '/primitive-fork/d' f.scm
guile --no-auto-compile f.scm
for threshold in 0 1000; do GUILE_JIT_THRESHOLD=$threshold guile f.scm 2>/dev/null; done; GUILE_JIT_THRESHOLD=-1 guile f.scm

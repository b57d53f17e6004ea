#: go needs=mounts timeout=300
# The build cache outlives the run: each run compiles one package and links.
export GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off
go mod init example.org/m 2>/dev/null; mkdir q; printf 'package q\n\nconst N = %s\n\nfunc F(c chan int) { c <- 21 }\n' "${EPOCHREALTIME/[.,]/}" > q/q.go
cat > main.go <<'G'
package main

import (
	"example.org/m/q"
	"fmt"
	"runtime"
)

func main() {
	c := make(chan int)
	s := 0
	for range 1000 {
		go q.F(c)
	}
	for i := range 1000 {
		s += <-c
		if i%100 == 0 {
			runtime.GC()
		}
	}
	fmt.Println(s, q.N > 1)
}
G
go build -o m . && go vet ./... && ./m

#: node needs=mounts timeout=120
node -e 'const { Worker } = require("worker_threads"); const w = [1, 2, 3].map(n => new Promise((ok, no) => new Worker(`let s = 0; for (let i = 0; i < 5e5; i++) s = (s * 31 + i * ${n}) | 0; require("worker_threads").parentPort.postMessage(s)`, { eval: true }).on("message", ok).on("error", no).on("exit", () => 0))); Promise.all(w).then(r => console.log(r, require("child_process").execSync("echo sub").toString(), require("zlib").gunzipSync(require("zlib").gzipSync("x".repeat(1e5))).length))'

# Counters shared through /tmp would be shared with another run whose process has the same number.
#: java needs=mounts timeout=240
cat > T.java <<'J'
import java.util.*; import java.util.concurrent.*; import java.util.stream.*;
public class T {
  static volatile int x; int f;
  public static void main(String[] a) throws Exception {
    var pool = Executors.newFixedThreadPool(4); var fs = new ArrayList<Future<Long>>();
    for (int i = 1; i <= 8; i++) { int n = i; fs.add(pool.submit(() -> { var m = new HashMap<Integer, String>(); long s = 0; for (int j = 0; j < 20000; j++) { m.put(j % 5000, "v" + j * n); s += m.get(j % 5000).hashCode(); } return s; })); }
    for (var f : fs) System.out.println(f.get()); pool.shutdown();
    for (int i = 0; i < 20000; i++) { try { T t = i % 100 == 99 ? null : new T(); x += t.f; } catch (NullPointerException e) { x++; } } System.out.println(x);
    System.gc(); System.out.println(IntStream.range(0, 50000).parallel().mapToLong(i -> (long) i * i % 7).sum());
    var p = new ProcessBuilder("sh", "-c", "echo sub; exit 3").start(); System.out.print(new String(p.getInputStream().readAllBytes())); System.out.println(p.waitFor());
  }
}
J
for gc in G1 Z; do $(echo /usr/lib/jvm/java-21-openjdk-*/bin/java) -Xmx256m -XX:-UsePerfData -XX:+Use${gc}GC T.java; done

# A run that fails prints nothing here, so that a native one that does is no oracle.
#: threading needs=mounts timeout=600
python3 -m test -j1 --timeout 500 test_threading >log 2>&1; grep "^Result: SUCCESS" log || cat log >&2

#: signal needs=mounts timeout=600
python3 -m test -j1 --timeout 500 test_signal >log 2>&1; grep "^Result: SUCCESS" log || cat log >&2

#: subprocess needs=mounts timeout=900
python3 -m test -j1 --timeout 800 test_subprocess >log 2>&1; grep "^Result: SUCCESS" log || cat log >&2

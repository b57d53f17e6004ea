#: node needs=mounts timeout=400
cat > f.js <<'J'
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const cp = require('child_process'), fs = require('fs'), crypto = require('crypto'), zlib = require('zlib'), net = require('net');
if (!isMainThread) { let s = 0; for (let i = 0; i < 2e6; i++) s = (s * 31 + i * workerData) | 0; parentPort.postMessage(s); } else (async () => {
  console.log(await Promise.all([1, 2, 3].map(n => new Promise((ok, no) => new Worker(__filename, { workerData: n }).on('message', ok).on('error', no)))));
  function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } console.log(fib(27), Math.hypot(3, 4), 2n ** 100n, 0.1 + 0.2);
  const o = {}; for (let i = 0; i < 1e5; i++) o['k' + i % 1000] = (o['k' + i % 1000] || 0) + i; console.log(Object.keys(o).length, o.k7);
  console.log(cp.execSync('echo sub').toString(), cp.spawnSync('sh', ['-c', 'kill -9 $$']).signal);
  console.log(zlib.gunzipSync(zlib.gzipSync('x'.repeat(1e5))).length, crypto.createHash('sha256').update('abc').digest('hex'), crypto.pbkdf2Sync('a', 'b', 1000, 16, 'sha512').toString('hex'));
  const srv = net.createServer(c => c.on('data', d => c.end(d.toString().toUpperCase()))); await new Promise(r => srv.listen('s', r));
  const c = net.connect('s', () => c.write('hello')); console.log(await new Promise(r => c.on('data', d => r(d.toString())))); srv.close();
  // wasm: (func (param i32) (result i32) local.get 0 i32.const 1 i32.add)
  const w = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,32,0,65,1,106,11])));
  console.log(w.exports.f(41)); const f = new Function('a', 'return a+1'); let t = 0; for (let i = 0; i < 1e5; i++) t = f(t); console.log(t);
  try { (function d() { d(); })(); } catch (e) { console.log(e.message); }
  process.on('SIGUSR2', () => { console.log('signal'); process.exit(5); }); process.kill(process.pid, 'SIGUSR2'); setTimeout(() => {}, 60000);
})();
J
node f.js; echo $?; node --expose-gc -e 'let a=[]; for(let i=0;i<30;i++){a.push(Buffer.alloc(1e5)); if(i%10==9){a=[];gc()}} console.log("gc")'; node --test-reporter=tap -e 'require("assert").deepStrictEqual({a:[1]},{a:[1]}); console.log("ok")'
node --input-type=module -e 'import {readFile} from "fs/promises"; console.log((await readFile("/etc/timezone")).length)'; echo 'console.log(1+1)' | node -; node -e 'throw new Error("x")' 2>/dev/null; echo $?; node --max-old-space-size=64 --stack-size=500 -p '"a".repeat(3)'; node --jitless -p '[3,1,2].sort().join()'; node --trace-opt --always-turbofan -e 'function f(a){return a*2}; let s=0; for(let i=0;i<1e4;i++) s+=f(i); console.log(s)' | grep '^[0-9]*$'

#: npm needs=mounts timeout=400
# From the registry that the machine's npm knows; PROG_NPM_REGISTRY and the machine's certificates come from run.py.
mkdir p; cd p; cat > package.json <<'J'
{ "name": "p", "version": "1.0.0", "private": true, "dependencies": { "lodash": "4.17.21", "express": "4.19.2", "semver": "7.6.0" }, "scripts": { "test": "node t.js" } }
J
echo 'const l=require("lodash"), s=require("semver"), e=require("express"); const a=e(); a.get("/",(q,r)=>r.json({v:s.inc("1.2.3","minor"),c:l.chunk([1,2,3,4],2)})); const h=a.listen(0,"127.0.0.1",()=>require("http").get({port:h.address().port,host:"127.0.0.1"},r=>r.on("data",d=>{console.log(d.toString());h.close()})))' > t.js
npm install --no-audit --no-fund --no-update-notifier --loglevel=error ${PROG_NPM_REGISTRY:+--registry=$PROG_NPM_REGISTRY} | sed 's/ in .*//'; ls node_modules | sort | sha256sum; npm ls --depth=0 | tail -n +2; npm test --silent; rm -r node_modules; npm ci --prefer-offline --no-audit --no-fund --loglevel=error ${PROG_NPM_REGISTRY:+--registry=$PROG_NPM_REGISTRY} | sed 's/ in .*//'; npm run --silent test

#: java needs=mounts timeout=600
PATH=$PATH:$(echo /usr/lib/jvm/java-21-openjdk-*/bin)
cat > T.java <<'J'
import java.util.*; import java.util.concurrent.*; import java.util.stream.*; import java.nio.file.*;
public class T {
  static volatile int x; int f;
  record P(int a, String b) {}
  static long work(int n) { Map<Integer, String> m = new HashMap<>(); long s = 0; for (int i = 0; i < 60000; i++) { m.put(i % 5000, "v" + i * n); s += m.get(i % 5000).hashCode(); } return s; }
  static int deep(int n) { return deep(n + 1) + 1; }
  public static void main(String[] a) throws Exception {
    var pool = Executors.newFixedThreadPool(4); var fs = new ArrayList<Future<Long>>(); for (int i = 1; i <= 8; i++) { int n = i; fs.add(pool.submit(() -> work(n))); } for (var f : fs) System.out.println(f.get()); pool.shutdown();
    try (var v = Executors.newVirtualThreadPerTaskExecutor()) { System.out.println(IntStream.range(0, 500).mapToObj(i -> v.submit(() -> { Thread.sleep(1); return i; })).toList().stream().mapToInt(f -> { try { return f.get(); } catch (Exception e) { return -1; } }).sum()); }
    try { Object o = null; o.toString(); } catch (NullPointerException e) { System.out.println("npe"); }
    for (int i = 0; i < 30000; i++) { try { T t = i % 100 == 99 ? null : new T(); x += t.f; } catch (NullPointerException e) { x++; } } System.out.println(x);
    try { System.out.println(1 / (x - x)); } catch (ArithmeticException e) { System.out.println(e.getMessage()); }
    try { deep(0); } catch (StackOverflowError e) { System.out.println("overflow"); }
    Object lock = new Object(); int[] n = {0}; Thread[] t = new Thread[6]; for (int i = 0; i < t.length; i++) { t[i] = new Thread(() -> { for (int j = 0; j < 20000; j++) synchronized (lock) { n[0]++; } }); t[i].start(); } for (var q : t) q.join(); System.out.println(n[0]);
    var l = new ArrayList<byte[]>(); for (int i = 0; i < 3000; i++) { l.add(new byte[20000]); if (l.size() > 500) l.clear(); } System.gc();
    System.out.println(IntStream.range(0, 200000).parallel().mapToLong(i -> (long) i * i % 7).sum() + " " + new P(1, "b") + " " + Math.sin(1) + " " + StrictMath.pow(2, .5));
    var p = new ProcessBuilder("sh", "-c", "echo sub; exit 3").redirectErrorStream(true).start(); System.out.print(new String(p.getInputStream().readAllBytes())); System.out.println(p.waitFor());
    if (a.length > 0) { Files.writeString(Path.of(a[0]), "" + ProcessHandle.current().pid()); Thread.sleep(600000); }
  }
}
J
javac T.java && for gc in G1 Z Serial Parallel Shenandoah; do echo $gc; java -Xmx256m -XX:+Use${gc}GC -cp . T; done; java -Xmx256m -XX:+UseZGC -XX:+ZGenerational -cp . T | tail -n 1; java -Xint -cp . T | tail -n 3; java -Xcomp -XX:TieredStopAtLevel=1 -cp . T | tail -n 1
for gc in G1 Z; do rm -f pid; java -Xmx256m -XX:+Use${gc}GC -cp . T pid >/dev/null & until test -s pid; do sleep .2; done; p=$(cat pid)
jcmd -l | grep -c "^$p T"; jcmd $p VM.version | sed -n 2p | cut -c1-14; jcmd $p GC.run | tail -n 1; jcmd $p GC.class_histogram | grep -c 'java.lang.String$\|java.lang.String '; jcmd $p Thread.print | grep -c '"main".*sleeping\|at T.main'; jstack $p | grep -c 'at T.main'; jmap -histo $p | grep -c 'java.lang.Thread '; jstat -gc $p | wc -l; jinfo -flag MaxHeapSize $p; kill -QUIT $p; sleep 1; kill $p; wait $p; echo $?; done
jshell -s - <<'J'
System.out.println(IntStream.rangeClosed(1, 5).mapToObj(i -> i * i).toList())
J
jar cf t.jar T.class; jar tf t.jar | tail -n 1

#: go needs=mounts timeout=900
# The build cache outlives the run: the first one compiles the standard library.
export GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off
mkdir m m/q; cd m; go mod init example.org/m 2>/dev/null
cat > q/q.go <<'G'
package q

// Sum adds up f of the numbers below n, in as many goroutines.
func Sum(n int, f func(int) int) int {
	c := make(chan int)
	for i := 0; i < n; i++ {
		go func() { c <- f(i) }()
	}
	s := 0
	for i := 0; i < n; i++ {
		s += <-c
	}
	return s
}
G
cat > q/q_test.go <<'G'
package q

import "testing"

func TestSum(t *testing.T) {
	if s := Sum(1000, func(i int) int { return i }); s != 499500 {
		t.Fatal(s)
	}
}
G
cat > main.go <<'G'
package main

import (
	"crypto/sha256"
	"encoding/json"
	"example.org/m/q"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	fmt.Println(q.Sum(2000, func(i int) int { return i * i }), fib(25))
	fmt.Printf("%x\n", sha256.Sum256([]byte("abc")))
	var wg sync.WaitGroup
	m := sync.Map{}
	for i := range 50 {
		wg.Add(1)
		go func() { defer wg.Done(); m.Store(i, fib(15)); runtime.Gosched() }()
	}
	wg.Wait()
	runtime.GC()
	func() {
		defer func() { fmt.Println(recover()) }()
		var p *int
		*p = 1
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		a, i := []int{1}, 5
		a[i] = 1
	}()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-c)
	out, err := exec.Command("sh", "-c", "echo sub; exit 3").Output()
	fmt.Printf("%s%v\n", out, err)
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() { s, _ := l.Accept(); s.Write([]byte("hello")); s.Close() }()
	s, _ := net.Dial("tcp", l.Addr().String())
	b := make([]byte, 9)
	n, _ := s.Read(b)
	fmt.Println(string(b[:n]))
	// A loop without calls is left only by a signal.
	done := false
	go func() {
		for {
		}
	}()
	time.AfterFunc(50*time.Millisecond, func() { done = true })
	for !done {
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	j, _ := json.Marshal(map[string]any{"b": 1.5, "a": []int{3, 1}})
	x := []int{3, 1, 2}
	sort.Ints(x)
	fmt.Println(string(j), x)
}
G
gofmt -l .; go build -o m . && ./m; go vet ./... && echo vet; go test ./... | cut -f1,2; go version -m m | sed -n 2,3p; go build -gcflags=-N -o m . && ./m | tail -n 1; go run . | sha256sum
for i in 1 2 3 4 5; do echo "// $i" >> q/q.go; go build -o m . && go vet ./... && ./m | sha256sum; done

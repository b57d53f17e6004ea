// What JavaScript programs do: objects of several shapes, closures, strings and regular expressions, JSON, typed arrays, maps, sorting.
class Shape { area() { return 0; } }
class Circle extends Shape { constructor(r) { super(); this.r = r; } area() { return this.r * this.r * 3.14159; } }
class Box extends Shape { constructor(a, b) { super(); this.a = a; this.b = b; } area() { return this.a * this.b; } }
let seed = 1;
const random = n => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n;

function shapes() {
  let list = [], sum = 0;
  for (let i = 0; i < 20000; i++) list.push(i % 3 ? new Box(random(9), i % 7) : new Circle(random(5)));
  for (let k = 0; k < 40; k++) sum += list.filter(s => s.area() > k).map(s => s.area()).reduce((a, b) => a + b, 0);
  return sum;
}
function texts() {
  let n = 0, words = [];
  for (let i = 0; i < 30000; i++) words.push("w" + random(5000) + (i % 4 ? "ing" : "-x"));
  const text = words.join(" ");
  n += text.match(/\bw(\d+)ing\b/g).length + text.replace(/-x/g, "y").split(" ").length;
  const count = new Map();
  for (const w of words) count.set(w, (count.get(w) || 0) + 1);
  return n + [...count].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0][1];
}
function json() {
  let o = { list: [] };
  for (let i = 0; i < 3000; i++) o.list.push({ id: i, name: "n" + i, tags: ["a", "b", i], deep: { x: i / 7 } });
  let n = 0;
  for (let i = 0; i < 12; i++) { const s = JSON.stringify(o); n += s.length; o = JSON.parse(s); o.list[i].id = -1; }
  return n;
}
function arrays() {
  const a = new Float64Array(256 * 256), b = new Int32Array(1 << 16);
  for (let k = 0; k < 24; k++)
    for (let i = 1; i < 255; i++)
      for (let j = 1; j < 255; j++) { const p = i * 256 + j; a[p] = (a[p - 1] + a[p + 1] + a[p - 256] + a[p + 256]) * 0.25 + (p & 3); b[p] ^= p * k; }
  return a[30000].toFixed(6) + b.reduce((x, y) => (x + y) | 0, 0);
}
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
for (let i = 0; i < 3; i++) console.log(shapes().toFixed(3), texts(), json(), arrays(), fib(27));

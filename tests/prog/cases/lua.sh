#: language timeout=60
cat > t.lua <<'E'
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(24), _VERSION, 7 // 2, -7 // 2, -7 % 3, 7.5 // 2, 1 << 62, math.maxinteger + 1 == math.mininteger, 10 / 2, 3 | 5, 2 ^ 0.5, 1e15, 0x10p2)
local t = {}; for i = 1, 5000 do t[i] = (i * 7919) % 5003 end table.sort(t); print(t[1], t[2500], #t, table.concat(t, ",", 1, 5), select("#", table.unpack(t, 1, 200)))
print(("hello world"):gsub("o", "0"), ("key=val"):match("(%w+)=(%w+)"), ("%5.2f|%-5d|%q"):format(3.14159, 42, "a\nb"), ("abc"):rep(3, "-"), ("x"):byte(), utf8.char(233, 8364), #utf8.char(8364))
local co = coroutine.wrap(function(a) local b = coroutine.yield(a * 2); error("oops " .. b) end); print(co(5), pcall(co, "x")); local mt = setmetatable({}, { __index = function(_, k) return k .. "!" end, __call = function(_, x) return x + 1 end, __close = function() print("closed") end }); do local c <close> = mt; print(mt.foo, mt(1)) end
print(string.pack("<i4d", 7, 1.5):byte(1, -1)); print(math.floor(3.7), math.type(1), math.type(1.0), tostring(1e100), 0.1 + 0.2, string.format("%.14g", math.pi), math.tointeger(3.0), "10" + 5, #arg); for k, v in string.gmatch("a=1, b=2", "(%w+)=(%w+)") do io.write(k, v, ";") end print() local s = 0; for i = 1, 300000 do s = (s * 31 + i) % 1000003 end print(s, os.time({ year = 2024, month = 1, day = 1, hour = 12 }), collectgarbage("count") > 0); print(load("return 1 +")); os.exit(4)
E
lua5.4 t.lua; echo $?; echo 'print(io.read("n", "l", "a"))' > r.lua; printf '42 rest\nmore\n' | lua5.4 r.lua; lua5.4 -e 'error("bad")' 2>&1; echo $?
#: nbody
cat > t.lua <<'E'
local b = { { 0, 0, 0, 0, 0, 0, 39.47 }, { 4.84, -1.16, -.10, .6, 2.8, -.02, .037 }, { 8.34, 4.12, -.4, -1.01, 1.81, .008, .011 } }
for _ = 1, 3000 do for i = 1, 3 do for j = i + 1, 3 do local p, q = b[i], b[j]; local x, y, z = p[1] - q[1], p[2] - q[2], p[3] - q[3]; local d = x * x + y * y + z * z; local m = 0.001 / (d * math.sqrt(d)); for k, v in ipairs { x, y, z } do p[k + 3] = p[k + 3] - v * q[7] * m; q[k + 3] = q[k + 3] + v * p[7] * m end end end for i = 1, 3 do for k = 1, 3 do b[i][k] = b[i][k] + 0.001 * b[i][k + 3] end end end
for i = 1, 3 do print(string.format("%.17g %.17g", b[i][1], b[i][2])) end print(math.sin(1) ^ 2 + math.cos(1) ^ 2, math.fmod(-7, 3), 0/0 ~= 0/0, 1/0, -1/0, string.format("%a", 0.1))
E
lua5.4 t.lua

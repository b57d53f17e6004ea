d = {}
x = 1
for i in range(250000):
    x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    d[x % 50021] = d.get(x % 50021, 0) + i
rows = sorted(d.items(), key=lambda kv: (kv[1] % 1000, kv[0]))
words = sorted(str(v) for v in d.values())
print(len(rows), rows[0], words[:2], sum(len(w) for w in words))

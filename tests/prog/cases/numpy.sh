#: arrays timeout=120
# Operations whose results are defined to the bit, on sizes and strides that take the vector loops and their ends.
cat > a.py <<'E'
import hashlib, numpy as np
np.seterr(all="ignore")
rng = np.random.Generator(np.random.PCG64(20)); integers = [np.dtype(c) for c in "bBhHiIlL"]; floats = [np.dtype(c) for c in "efd"]
def bits(a):
    a = np.ascontiguousarray(a)
    return np.where(np.isnan(a), a.dtype.type(7), a) if a.dtype.kind == "f" else a    # NaNs' signs are the processor's choice
def show(what, *arrays):
    h = hashlib.sha256()
    for a in arrays: h.update(bits(a).tobytes())
    print(what, h.hexdigest()[:20])
def pair(t, n):
    if t.kind in "iu": return [np.frombuffer(rng.bytes(n * t.itemsize), t).copy() for _ in "ab"]
    a = [np.frombuffer(rng.bytes(n * t.itemsize), t).copy() for _ in "ab"]
    for x in a: x[rng.random(n) < 0.5] = (rng.random(1) * 1000 - 500).astype(t); x[::17] = [0.0, -0.0, np.inf, -np.inf, 1.5, -2.5, 3, 5e-5][int(rng.integers(8))]
    return a
sizes = [1, 2, 3, 7, 8, 15, 16, 31, 33, 64, 100, 257, 1000]
for t in integers + floats:
    for name in "add subtract multiply divide floor_divide remainder minimum maximum fmin fmax equal less less_equal greater not_equal logical_and copysign nextafter bitwise_and bitwise_xor left_shift right_shift gcd hypot".split():
        if (t.kind != "f") == (name in ("copysign", "nextafter", "divide")) or (t.kind == "f") == (name.startswith(("bitwise", "left", "right", "gcd"))) or name == "hypot": continue
        f, out = getattr(np, name), []
        for n in sizes:
            a, b = pair(t, n)
            if "shift" in name: b %= t.itemsize * 8
            out += [f(a, b), f(a[::2], b[::2]), f(a[::-1], b), f(a, b[0]), f(a[0], b)]
        show(f"{t} {name}", *out)
    for name in "negative positive absolute square sqrt reciprocal floor ceil trunc rint sign signbit isnan isfinite isinf invert spacing logical_not".split():
        if name in ("sqrt", "reciprocal", "spacing", "floor", "ceil", "trunc", "rint", "signbit") and t.kind != "f" or name == "invert" and t.kind == "f": continue
        f = getattr(np, name); show(f"{t} {name}", *(f(x) for n in sizes for a in pair(t, n)[:1] for x in (a, a[::3], a[::-1])))
    a, b = pair(t, 5003)
    if t.kind == "f": a = np.where(np.isnan(a), t.type(1), a); small = rng.integers(-100, 100, 5003).astype(t)
    else: small = a
    show(f"{t} order", np.sort(a), np.sort(a, kind="stable"), np.argsort(a, kind="stable"), np.partition(a, 100)[100:101], a.argmax(), a.argmin(), np.unique(a), np.searchsorted(np.sort(a), b[:50]), a.min(), a.max())
    show(f"{t} sums", small.sum(), small.cumsum(), small.reshape(-1, 5003).sum(0), np.diff(a), np.where(a > 0, a, b), np.clip(a, a[5:6].min(), None), a.nonzero()[0], a.take([1, 5, 900]), np.roll(a, 37), np.bincount(np.abs(small.astype("l")) % 50))
    show(f"{t} product", np.dot(rng.integers(-9, 9, (37, 53)).astype(t), rng.integers(0, 9, (53, 29)).astype(t)), np.einsum("ij,kj->ik", *(rng.integers(0, 5, (20, 31)).astype(t) for _ in "ab")))
    for u in integers + floats:
        x = pair(t, 777)[0]
        if t.kind == "f" and u.kind != "f": x = np.clip(np.nan_to_num(x.astype("d")), 0, 60000 if u.itemsize > 1 else 100).astype(t); x = np.where(x > 120, t.type(99), x) if u.itemsize == 1 else np.where(x > 30000, t.type(99), x)
        show(f"{t} to {u}", x.astype(u), x[::2].astype(u))
show("text", np.array([f"{i * 37}" for i in range(300)]).astype("l"), np.array([repr(float(x)) for x in rng.random(300)]).astype("d"), np.frombuffer(np.array2string(rng.random(200), threshold=999).encode(), "B"))
show("random", rng.integers(0, 1 << 40, 1000), rng.random(1000), rng.permutation(1000), np.random.Generator(np.random.MT19937(5)).random(1000), np.random.Generator(np.random.Philox(5)).random(1000), np.random.Generator(np.random.SFC64(5)).integers(0, 255, 999), np.packbits(rng.integers(0, 2, 999)), np.unpackbits(np.arange(200, dtype="B")))
E
set -o pipefail; python3 a.py | tee l; echo $?; wc -l < l

#: encode timeout=120 oracle=qemu
# In floating point, contracted as each compiler likes: the same only on the same processor.
python3 -c '
import sys, struct
x, o = 1, bytearray()
for i in range(33075): x = (x * 1103515245 + 12345) & 0x7fffffff; v = (i * 97 % 20000) - 10000 + (x >> 20); o += struct.pack("<hh", v, -v)
sys.stdout.buffer.write(o)' > r
for o in "-b 128" "-V 4" "-b 64 -m m" "--preset standard"; do lame --silent -r -s 44.1 --signed --little-endian $o r o.mp3; echo "$o $?"; sha256sum < o.mp3; lame --silent --decode o.mp3 o.wav; echo $?; sha256sum < o.wav; done

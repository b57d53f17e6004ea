#: encode timeout=90 oracle=qemu
python3 -c '
import sys, struct
x, o = 1, bytearray()
for i in range(120000): x = (x * 1103515245 + 12345) & 0x7fffffff; v = (i * 97 % 20000) - 10000 + (x >> 20); o += struct.pack("<hh", v, -v)
sys.stdout.buffer.write(o)' > r
flac -s --force-raw-format --endian=little --sign=signed --channels=2 --bps=16 --sample-rate=44100 -5 r -o o.flac; echo $?; sha256sum o.flac; flac -s -d --force-raw-format --endian=little --sign=signed o.flac -o q; cmp r q && echo same; flac -s -t o.flac; echo $?; metaflac --list o.flac | grep -i 'md5\|samples'

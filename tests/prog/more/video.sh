#: x264 timeout=400
# Rate control is floating point; at a constant quantiser everything is an integer, the same with and without
# assembly, except for amd64's, which x264 lets differ.
ffmpeg -v error -f lavfi -i testsrc2=size=176x144:rate=10:duration=1.5 -pix_fmt yuv420p -bitexact c.y4m </dev/null; sha256sum < c.y4m
for o in "--preset medium" "--preset slower --8x8dct --partitions all" "--preset veryfast --interlaced" "--output-csp i444 --preset fast"; do
	x="x264 --quiet --threads 1 --qp 26 --aq-mode 0 --no-mbtree --no-psy $o"
	$x --no-asm -o c.264 c.y4m 2>/dev/null; echo "$o $?"; sha256sum < c.264
	$x -o o.264 c.y4m 2>/dev/null; echo $?; cmp -s c.264 o.264 || [ "$(uname -m)" = x86_64 ] && echo same
	for flags in "" "-cpuflags 0"; do ffmpeg -v error $flags -threads 1 -i c.264 -f framemd5 - < /dev/null | tail -n 4; done
done
#: codecs timeout=400
for flags in "" "-cpuflags 0"; do
	f="ffmpeg -v error -y -nostdin -threads 1 $flags"; echo "== $flags"
	$f -f lavfi -i testsrc2=size=176x144:rate=10:duration=1 -bitexact -pix_fmt yuv420p -f rawvideo s.yuv; sha256sum < s.yuv
	in="-f rawvideo -pix_fmt yuv420p -s 176x144 -r 10 -i s.yuv"
	for c in mpeg4:yuv420p mpeg2video:yuv420p mjpeg:yuvj420p ffv1:yuv420p huffyuv:yuv422p h263p:yuv420p; do
		$f $in -c:v ${c%:*} -pix_fmt ${c#*:} -qscale 4 -flags +bitexact -dct int -idct simple -sws_flags bitexact+accurate_rnd -f nut o.nut; echo "$c $?"; sha256sum < o.nut
		$f -idct simple -i o.nut -bitexact -f framemd5 - | tail -n 2
	done
	$f -f lavfi -i 'aevalsrc=sin(t*2000)*0.4+0.1*sin(t*777):s=44100:d=1' -c:a pcm_s16le -bitexact a.wav
	for c in flac:nut alac:mov adpcm_ima_wav:wav adpcm_ms:wav; do $f -i a.wav -c:a ${c%:*} -flags +bitexact -f ${c#*:} o.nut; echo "$c $?"; $f -i o.nut -f framemd5 -bitexact - | tail -n 2; done
	for scale in bicubic lanczos area; do $f $in -vf scale=97:61:flags=$scale+bitexact+accurate_rnd,format=rgb24 -f framemd5 - | tail -n 2; done
	for filter in hqdn3d=4 unsharp yadif removegrain=4 bwdif sobel "split[a][b];[b]hflip[c];[a][c]overlay=30:30"; do $f $in -vf "$filter" -bitexact -f framemd5 - | tail -n 1; done
done

#: regex timeout=60
perl -e '
my $t = join " ", map { "key$_=val" . ($_ * 7919 % 1009) } 1 .. 8000;
my %h; $h{$1} = $2 while $t =~ /(key\d+)=(val\d+)/g; print scalar(keys %h), " $h{key77}\n";
(my $u = $t) =~ s/val(\d)(\d*)/v$2$1/g; print length($u), " ", unpack("%32C*", $u), "\n";
print join("|", "aXbXc" =~ /^(.*?)X(?<r>.*)$/), " $+{r}\n"; print "recursive\n" if "((()())())" =~ /^(\((?1)*\))$/;
print join(",", split /(?<=,)\s*/, "a, b,c"), "\n"; my @w = sort { $a <=> $b } map { $_ * 31 % 997 } 1 .. 2000; print "@w[0..5]\n";
print "na\x{ef}ve" =~ /\w{5}/ ? "uni\n" : "no\n"; $_ = "hello world"; tr/a-y/b-z/; print "$_\n"; print ucfirst(lc "ABC"), sprintf("%vd %s %.15g %b", "1.22.333", "é", 1 / 3, 10), "\n";
my $e = 0; $e += eval "$_ * 2" for 1 .. 500; print "$e\n"; printf "%s\n", join ",", unpack("A2 n N C*", pack("A2 n N C*", "hi", 513, 70000, 1, 2, 255)); local $SIG{__DIE__}; eval { die { code => 5 } }; print $@->{code}, "\n"'
#: fork timeout=60
cat > t.pl <<'E'
$| = 1; my @p; for my $i (1 .. 8) { my $pid = fork; if (!$pid) { exit $i * 3 } push @p, $pid } print join(",", map { waitpid($_, 0); $? >> 8 } @p), "\n";
pipe(my $r, my $w); if (!fork) { close $r; print $w "from child $_\n" for 1 .. 3; exit } close $w; print while <$r>; wait;
local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; 1 while 1 }; print $@; $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$; print `echo backtick; exit 4`, $? >> 8, "\n";
open my $f, "-|", "sort", "-r", "/etc/passwd" or die; print <$f>; close $f; open my $o, "|-", "cat" or die; print $o "to cat\n"; close $o; my $k = fork; if (!$k) { sleep 60 } kill 15, $k; waitpid $k, 0; print $? & 127, "\n"; system(q(sh -c 'kill -9 $$')); print $? & 127, "\n"; exec "echo", "exec";
E
perl t.pl 2>&1
#: sockets timeout=60
perl -e '
use IO::Socket::INET; use IO::Select; use Socket; my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => 0, Proto => "tcp") or die "$!";
my $port = $s->sockport; for my $i (1 .. 4) { if (!fork) { my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die; print $c "hello $i\n"; print STDOUT "" . <$c> if 0; my $x = <$c>; exit($x eq "HELLO $i\n" ? 0 : 1) } }
my $n = 0; for (1 .. 4) { my $c = $s->accept; my $l = <$c>; print $c uc $l; close $c; $n++ } my $ok = 0; $ok += (wait() > 0 && $? == 0) for 1 .. 4; print "$n $ok\n";
socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die; syswrite $a, "unix"; sysread $b, my $buf, 10; print "$buf\n"; print IO::Select->new($a)->can_read(0.1) ? "ready" : "idle", "\n"; my $u = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1"); my $v = IO::Socket::INET->new(Proto => "udp"); $v->send("dgram", 0, pack_sockaddr_in($u->sockport, inet_aton("127.0.0.1"))); $u->recv($buf, 100); print "$buf\n"; print inet_ntoa(inet_aton("localhost")), "\n"; IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => 1) or print "$!\n"'
#: modules timeout=60
perl -MDigest::SHA=sha256_hex -MData::Dumper -MList::Util=sum,shuffle,reduce -MJSON::PP -MTime::Local -MPOSIX=floor,strftime -MStorable=freeze,thaw -e '$Data::Dumper::Sortkeys = 1; print sha256_hex("a" x 100000), "\n", Dumper({ a => [1, 2], b => \"x" }), sum(1 .. 1000), "\n", JSON::PP->new->canonical->encode({ z => [1, 2.5, undef], a => "é" }), "\n", timegm(0, 0, 0, 1, 0, 2024), strftime(" %Y %j", gmtime 86400 * 365), "\n", thaw(freeze([1, { k => 2 }]))->[1]{k}, "\n"'

open my $f, "<", "text.small" or die;
my (%count, $n);
while (<$f>) {
    $count{lc $1}++ while /\b([a-z]+(?:ing|ed|s))\b/gi;
    $n++ if /^(\w+).*\1$/ || /(\d+)[^\d]+\1/;
    s/(\w+) (\w+)/$2 $1/g;
}
print "$n $_ $count{$_}\n" for (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 4];

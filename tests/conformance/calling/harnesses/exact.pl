# The squared EMD in Perl, written from PROTOCOL.md alone. Numbers are cut out of the text, as JSON::PP rounds them.
use strict;
$| = 1;

sub number { my $x = shift; $x =~ s/"//g; return 0 + $x }

sub written { my $x = shift; return $x != $x ? '"nan"' : abs($x) == 9**9**9 ? ($x > 0 ? '"inf"' : '"-inf"') : sprintf("%.17g", $x) }

sub rows { my ($line, $name) = @_; my ($text) = $line =~ /"$name"\s*:\s*\[\s*(\[.*?\])\s*\]/; return map { [map { number($_) } split /\s*,\s*/, $_] } $text =~ /\[(.*?)\]/g }

while (my $line = <STDIN>) {
    last if $line =~ /"type"\s*:\s*"stop"/;
    if ($line =~ /"type"\s*:\s*"start"/) { print qq({"protocol": 1, "name": "perl", "version": "1"}\n); next }
    if ($line =~ /"values"\s*:\s*\[(.*?)\]/) { print '{"values": [', join(",", map { written(number($_)) } split /\s*,\s*/, $1), "]}\n"; next }
    my @p = rows($line, "predicted");
    my @t = rows($line, "target");
    my @loss;
    for my $i (0 .. $#p) {
        my ($D, $sum) = (0, 0);
        for my $k (0 .. $#{ $p[$i] }) { $D += $p[$i][$k] - $t[$i][$k]; $sum += $D * $D }
        push @loss, written($sum);
    }
    print '{"loss": [', join(",", @loss), "]}\n";
}

# A harness that looks right: JSON::PP writes 15 significant digits.
use JSON::PP;
$| = 1;
while (my $line = <STDIN>) {
    my $request = decode_json($line);
    my $type = $request->{type};
    last if $type eq "stop";
    print encode_json($type eq "start" ? { protocol => 1, name => "perl", version => "1" }
                                       : { values => [map { ref || /^-?(nan|inf)$/ ? $_ : 0 + $_ } @{$request->{values}}] }), "\n";
}

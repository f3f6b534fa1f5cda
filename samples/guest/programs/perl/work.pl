#!/usr/bin/perl
# What the guest's Perl does: each step prints a line that is the same on every processor; known answers are checked.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(sha1_hex sha256_hex sha512_hex);
use JSON::PP;
use List::Util qw(first max reduce shuffle sum);
use Math::BigFloat;
use Math::BigInt;
use POSIX qw(floor fmod strtol);
use Storable qw(dclone freeze thaw);
use Time::Local qw(timegm);

$| = 1;
my $seed = 42;
sub next_number { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return $seed }
sub expect { my ($name, $found, $wanted) = @_; die "$name: $found, not $wanted\n" if $found ne $wanted }

sub integers {
    my @composite;
    my ($count, $sum) = (0, 0);
    for my $n (2 .. 50_000) {
        next if $composite[$n];
        $count++;
        $sum += $n;
        for (my $k = $n * $n; $k <= 50_000; $k += $n) { $composite[$k] = 1 }
    }
    expect('primes', $count, 5133);
    my $bits = 0;
    $bits ^= ($_ << ($_ % 13)) ^ ($_ >> 2) for 1 .. 30_000;
    return "$count $sum $bits";
}

sub big_numbers {
    my $factorial = Math::BigInt->new(120)->bfac();
    my $power = Math::BigInt->new(3)->bmodpow('123456789012345678901234567890', '340282366920938463463374607431768211507');
    my $pi = Math::BigFloat->bpi(60);
    expect('pi', substr($pi, 0, 42), '3.1415926535897932384626433832795028841971');
    return sha1_hex("$factorial") . " $power " . Math::BigFloat->new(2)->bsqrt(50);
}

sub floats {
    my @values = map { sin($_) * exp($_ / 300) + sqrt($_) * log($_ + 1) } 0 .. 3000;
    push @values, map { atan2($_, 7) ** 3 + cos($_) } 1 .. 1000;
    push @values, map { unpack('d<', pack('V2', next_number() ^ next_number() << 1, next_number() & 0x7fefffff)) } 1 .. 1000;
    my $text = join ' ', map { sprintf '%.17g %.3e %g', $_, $_, $_ } @values;
    for (@values) { die "$_ does not survive\n" if sprintf('%.17g', $_) != $_ }
    return md5_hex($text) . sprintf(' %.15g %.10f %d %s', sum(@values[0 .. 3000]), fmod(1e15, 7.5), floor(-2.5), 1e21 + 0.5);
}

sub strings {
    my @words = map { my $n = $_; join '', map { chr(97 + ($n * $_ * 7 + $_) % 26) } 1 .. 3 + $n % 9 } 1 .. 4000;
    my $text = join ' ', @words;
    my %count;
    $count{"$1-" . length $2}++ while $text =~ /\b([a-m]+)([n-z]*)\b/g;
    (my $swapped = $text) =~ s/\b(\w)(\w+)/$2\u$1/g;
    (my $turned = $text) =~ tr/a-z/n-za-m/;
    my $nested = '((a(b)c)(d(e(f))))' x 30;
    my $balanced;
    $balanced = qr/\((?:[^()]++|(??{ $balanced }))*\)/;
    my $groups = () = $nested =~ /$balanced/g;
    expect('groups', $groups, 30);
    my $sorted = join ',', sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
    return join ' ', map { substr sha256_hex($_), 0, 16 } $sorted, $swapped, $turned, scalar reverse($text), uc $text, join('|', split /e+/, $text);
}

sub structures {
    my @numbers = map { next_number() } 1 .. 20_000;
    my @ordered = sort { $a <=> $b } @numbers;
    my @texts = sort map { "$_" } @numbers;
    my %table = map { ("key $_" => { square => $_ * $_, list => [1 .. $_ % 7], half => $_ / 2, none => undef, text => "\x{e4}\"\\\n" }) } 1 .. 300;
    my $coder = JSON::PP->new->canonical->pretty;
    my $json = $coder->encode(\%table);
    expect('json', $coder->encode($coder->decode($json)), $json);
    local $Storable::canonical = 1;
    expect('storable', freeze(thaw(freeze(\%table))), freeze(dclone(\%table)));
    my $folded = reduce { ($a * 31 + $b) % 1_000_003 } @numbers;
    expect('sha256', sha256_hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    return join ' ', md5_hex("@ordered"), md5_hex("@texts"), md5_hex($json =~ s/[^ -~]/?/gr), $folded, max(@numbers),
        substr(sha512_hex(pack 'N*', @numbers), 0, 16), unpack('%32C*', pack 'w*', @numbers), timegm(1, 2, 3, 4, 5, 2026);
}

sub processes {
    my $pid = open(my $child, '-|') // die "no fork: $!";
    if ($pid == 0) {
        print "$_\n" for 1 .. 1000;
        exit 0;
    }
    my $sum = 0;
    while (my $line = <$child>) { $sum += $line }
    close $child or die "the child failed\n";
    expect('sum', $sum, 500500);
    my $caught = '';
    local $SIG{ALRM} = sub { die "alarm\n" };
    eval { kill ALRM => $$; 1 } or $caught = $@;
    chomp $caught;
    my @calls;
    my $walk;
    $walk = sub { my $n = shift; return $n < 2 ? $n : $walk->($n - 1) + $walk->($n - 2) };
    push @calls, $walk->($_) for 1 .. 17;
    return "$sum $caught @calls " . `echo from a shell`;
}

my @steps = ([integers => \&integers], [big_numbers => \&big_numbers], [floats => \&floats], [strings => \&strings], [structures => \&structures],
    [processes => \&processes]);
for my $step (@steps) {
    my ($name, $run) = @$step;
    my $result = $run->();
    chomp $result;
    print "$name: $result\n";
}

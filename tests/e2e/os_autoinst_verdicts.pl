# SPDX-License-Identifier: MIT
# tests/vm/os-autoinst os_autoinst_verdicts.pl FOLDER FRAME.png...: what os-autoinst says about each of a
# folder's needles and each frame, a line of JSON each (needle_verdicts.cpp).
use strict;
use warnings;
use File::Basename 'basename';
use Time::HiRes 'time';

# needle.pm takes one function from this module: it fetches needles by git, which is not wanted here.
# The module itself needs much that Debian doesn't have.
BEGIN {
    package OpenQA::Isotovideo::Utils;
    use Exporter 'import';
    our @EXPORT_OK = ('checkout_git_refspec');
    sub checkout_git_refspec { return undef }
    $INC{'OpenQA/Isotovideo/Utils.pm'} = __FILE__;
}

require tinycv;
require needle;
require JSON::PP;
my ($folder, @frames) = @ARGV;
needle::set_needles_dir($folder);
my @needles;
for my $file (sort glob "$folder/*.json") {
    my $needle = needle->new($file) or die "os-autoinst refuses $file\n";
    push @needles, $needle;
}
my $json = JSON::PP->new->canonical;
for my $file (@frames) {
    my $frame = tinycv::read($file) or die "os-autoinst can't read $file\n";
    for my $needle (@needles) {
        # Read once before: reading files is not what is measured.
        $needle->get_image;
        my $begin = time;
        my $found = $frame->copy->search_($needle, 0, 0);
        my $seconds = time - $begin;
        my @areas = map {
            {
                ok         => $_->{result} eq 'ok' ? JSON::PP::true() : JSON::PP::false(),
                similarity => $_->{similarity} + 0,
                x          => $_->{x} + 0,
                y          => $_->{y} + 0,
            }
        } @{$found->{area}};
        print $json->encode({
                frame   => basename($file),
                needle  => $needle->{name},
                ok      => $found->{ok} ? JSON::PP::true() : JSON::PP::false(),
                error   => $found->{error} + 0,
                seconds => $seconds,
                areas   => \@areas,
        }), "\n";
    }
}

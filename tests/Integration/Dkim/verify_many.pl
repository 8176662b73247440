# Verifies the RSA signatures of one domain in every message of a folder with Mail::DKIM.
# Arguments: folder of .eml files, JSON file of record names and texts, signing domain. Prints a line for each signature: file, selector, result.
use strict;
use warnings;
use JSON::PP;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS::RR;

my ($folder, $records_file, $domain) = @ARGV;
open(my $json, '<', $records_file) or die "$records_file: $!";
my $records = decode_json(do { local $/; <$json> });

sub answer {
    my ($name) = @_;
    my $text = $records->{$name} or return;
    return Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => [ unpack('(A255)*', $text) ]);
}

{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub { my ($name, $type) = @_; $@ = ''; return answer($name); };
    *Mail::DKIM::DNS::query_async = sub {
        my ($name, $type, %callbacks) = @_;
        my $success = $callbacks{Callbacks}->{Success};
        my @found = answer($name);
        return sub { return $success ? $success->(@found) : @found; };
    };
}

opendir(my $all, $folder) or die "$folder: $!";
for my $file_name (sort grep { /\.eml$/ } readdir $all) {
    open(my $message, '<:raw', "$folder/$file_name") or die "$file_name: $!";
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT($_) while <$message>;
    $verifier->CLOSE;
    for my $signature ($verifier->signatures) {
        next unless ($signature->domain // '') eq $domain && ($signature->algorithm // '') =~ /^rsa/;
        print "$file_name ", $signature->selector, ' ', ($signature->result // 'none'), ($signature->result eq 'pass' ? '' : ' ' . $signature->result_detail), "\n";
    }
}

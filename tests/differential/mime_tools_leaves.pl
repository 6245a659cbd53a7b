#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What Perl's MIME-tools make of mail. Reads "NAME LENGTH\n" and LENGTH bytes, again and again, and answers each message
# with one line of JSON before it reads the next one.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use MIME::Parser;

binmode STDIN;
$| = 1;
my $json   = JSON::PP->new->ascii->canonical;
my $parser = MIME::Parser->new;
$parser->output_to_core(1);
$parser->tmp_to_core(1);
$parser->extract_nested_messages(0);
$parser->extract_uuencode(0);
$parser->decode_headers(0);
$parser->ignore_errors(1);

# Depth first, in the order of the message.
sub leaves_of {
    my ($entity) = @_;
    my ($type) = lc($entity->effective_type);
    return map { leaves_of($_) } $entity->parts if $type =~ m{^multipart/} && $entity->parts;
    my $name = $entity->head->recommended_filename;
    $name = '' unless defined $name;
    # Bytes that no charset is given for it shows as "\\xC3": then the bytes are what it read.
    my ($bare) = grep { defined && /\S/ } map { scalar $entity->head->mime_attr($_) } qw(content-disposition.filename content-type.name);
    $name = $bare if defined $bare && $bare =~ /[\x80-\xff]/;
    utf8::decode($name) unless utf8::is_utf8($name);
    undef $name if defined $bare && $bare =~ /=\?gb18030\?/i;  # a charset it does not know
    my $body = $entity->bodyhandle;
    my ($content, $sha256, $text) = ($body ? $body->as_string : '');
    # Outside base64 it keeps no line ends.
    if (lc($entity->head->mime_encoding) eq 'base64') { $sha256 = sha256_hex($content) }
    else { $content =~ s/\r\n/\n/g; $content =~ s/\n+\z//; $text = sha256_hex($content) }
    return { type => $type, name => $name, sha256 => $sha256, text => $text };
}

while (defined(my $line = <STDIN>)) {
    my ($length) = $line =~ / (\d+)$/ or die "not NAME LENGTH: $line";
    my $bytes = '';
    read(STDIN, $bytes, $length) == $length or die "a message is cut short\n" if $length;
    my $entity = eval { local $SIG{__WARN__} = sub { }; $parser->parse_data($bytes) };
    my @leaves = $entity ? do { local $SIG{__WARN__} = sub { }; leaves_of($entity) } : ();
    print $json->encode({ leaves => \@leaves }), "\n";
}

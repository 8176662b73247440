using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class MailProperties
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Encoded_words_round_trip_within_75_characters() => Prop.ForAll(MailTextGenerators.Text, text =>
    {
        var encoded = EncodedWord.Encode(text);
        return EncodedWord.Decode(encoded) == text && encoded.Split(' ').All(word => word.Length <= 75 && Ascii.IsValid(word));
    }).Check(Many);

    [Fact]
    public void Decoding_words_never_throws() => Prop.ForAll(MailTextGenerators.Text, text => EncodedWord.Decode(text) is not null).Check(Many);

    [Fact]
    public void Text_fields_round_trip_but_for_controls_and_outer_space() => Prop.ForAll(MailTextGenerators.Text, text =>
    {
        var field = HeaderFolding.TextField("Subject", text);
        var block = HeaderBlock.Parse(Encoding.UTF8.GetBytes(field + "\r\n"), out var bodyStart);
        return block.Fields.Count == 1
            && bodyStart == Encoding.UTF8.GetByteCount(field) + 2
            && field.Split("\r\n").All(line => line.Length <= 998)
            && Squeezed(block.Text("Subject")!) == Squeezed(text);
    }).Check(Many);

    [Fact]
    public void Parameters_round_trip() => Prop.ForAll(MailTextGenerators.Text, text =>
        ParameterValue.Parse(new ParameterValue("attachment", new KeyValuePair<string, string>("filename", text)).ToString())["filename"] == text).Check(Many);

    [Fact]
    public void Parsing_parameters_never_throws() => Prop.ForAll(MailTextGenerators.Text, text => ParameterValue.Parse(text).Parameters is not null).Check(Many);

    [Fact]
    public void Quoted_printable_round_trips_in_lines_of_76() => Prop.ForAll(MailTextGenerators.Bytes, bytes =>
    {
        var encoded = QuotedPrintable.Encode(bytes);
        return QuotedPrintable.Decode(encoded).SequenceEqual(bytes)
            && Encoding.ASCII.GetString(encoded).Split("\r\n").All(line => line.Length <= 76 && !line.EndsWith(' ') && !line.EndsWith('\t'));
    }).Check(Many);

    [Fact]
    public void Base64_round_trips_in_lines_of_76() => Prop.ForAll(MailTextGenerators.Bytes, bytes =>
    {
        var encoded = Base64Lines.Encode(bytes);
        return Base64Lines.Decode(encoded).SequenceEqual(bytes)
            && Convert.FromBase64String(Encoding.ASCII.GetString(encoded)).SequenceEqual(bytes)
            && Encoding.ASCII.GetString(encoded).Split("\r\n").All(line => line.Length <= 76);
    }).Check(Many);

    [Fact]
    public void Decoding_transfer_encodings_never_throws() => Prop.ForAll(MailTextGenerators.Bytes, bytes =>
        Base64Lines.Decode(bytes).Length <= bytes.Length && QuotedPrintable.Decode(bytes).Length <= bytes.Length).Check(Many);

    [Fact]
    public void Mailboxes_print_what_parses_to_the_same() => Prop.ForAll(MailTextGenerators.Text, text =>
        (!Mailbox.TryCreate(text, "example.com", out var created) || IsStable(created))
        && (!Mailbox.TryParse(text + "@[192.0.2.1]", out var parsed) || IsStable(parsed))).Check(Many);

    [Fact]
    public void Every_ipv6_literal_round_trips() => Prop.ForAll(
        Gen.Elements<ushort>(0, 0, 0, 1, 0x5efe, 0xffff, 0x200, 0xdb8).ArrayOf(8).ToArbitrary(),
        groups =>
        {
            var address = new IPAddress([.. groups.SelectMany(group => new[] { (byte)(group >> 8), (byte)group })]);
            return Mailbox.TryParse($"a@[IPv6:{address}]", out var mailbox)
                && address.Equals(mailbox.Literal)
                && Mailbox.TryParse($"a@[IPv6:{string.Join(':', groups.Select(group => group.ToString("x", null)))}]", out var plain)
                && plain.Equals(mailbox);
        }).Check(Many);

    [Fact]
    public void Address_lists_never_throw_and_what_they_write_reads_the_same() => Prop.ForAll(MailTextGenerators.Text, text =>
    {
        var list = AddressList.Parse(text);
        var again = AddressList.Parse(list.ToHeaderText());
        return list.Select(named => named.Mailbox).SequenceEqual(again.Select(named => named.Mailbox)) && again.Unparsed.Count == 0;
    }).Check(Many);

    [Fact]
    public void Names_round_trip_but_for_controls() => Prop.ForAll(MailTextGenerators.Text, text =>
    {
        var written = HeaderFolding.Field("From", new NamedMailbox(text, Mailbox.Parse("a@example.com")).ToHeaderText());
        var read = HeaderBlock.Parse(Encoding.UTF8.GetBytes(written)).Addresses("From");
        return read.Count == 1 && (string.IsNullOrWhiteSpace(text) || Squeezed(read[0].DisplayName ?? string.Empty) == Squeezed(text));
    }).Check(Many);

    [Fact]
    public void Dates_never_throw() => Prop.ForAll(
        Gen.Elements("Tue,", "1", "31", "Feb", "dec", "99", "2026", "10:00:00", "23:59", "+0200", "-9999", "EST", "(", ")", " ", "0", "+1400").ListOf().ToArbitrary(),
        tokens => !MailDate.TryParse(string.Join(' ', tokens), out var date) || (MailDate.TryParse(MailDate.Format(date), out var again) && again == date)).Check(Many);

    [Fact]
    public void Header_reader_does_not_depend_on_how_the_content_is_cut() => Prop.ForAll(
        MailTextGenerators.Bytes, Gen.Choose(1, 40).ToArbitrary(), (bytes, size) =>
        {
            byte[] content = [.. "Subject: x\r\n"u8, .. bytes];
            var whole = new HeaderReader(maxBytes: 100);
            whole.Append(content);
            whole.End();
            var cut = new HeaderReader(maxBytes: 100);
            foreach (var piece in content.Chunk(size))
            {
                cut.Append(piece);
            }

            cut.End();
            return whole.State == cut.State
                && whole.HeaderBytes == cut.HeaderBytes
                && whole.HasBlankLine == cut.HasBlankLine
                && whole.Bytes.Span.SequenceEqual(cut.Bytes.Span);
        }).Check(Many);

    [Fact]
    public void Header_reader_agrees_with_the_block_parser() => Prop.ForAll(MailTextGenerators.Bytes, bytes =>
    {
        byte[] content = [.. "Subject: x\r\n"u8, .. bytes];
        var reader = new HeaderReader();
        reader.Append(content);
        reader.End();
        var block = HeaderBlock.Parse(content, out var bodyStart);
        return reader.HeaderBytes == bodyStart && reader.Bytes.Span.SequenceEqual(block.Bytes.Span);
    }).Check(Many);

    [Fact]
    public void Messages_of_any_bytes_are_read() => Prop.ForAll(MailTextGenerators.Bytes, bytes =>
    {
        byte[] content = [.. "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"u8, .. bytes];
        var message = MimeReader.Read(content);
        DeliveryStatusReport.TryRead(message, out _);
        FeedbackReport.TryRead(message, out _);
        return message.SelfAndDescendants().All(part => part.GetText() is not null && part.Header.Fields.All(field => field.Text is not null));
    }).Check(Many);

    [Fact]
    public void Replies_are_always_bounded_printable_lines() => Prop.ForAll(MailTextGenerators.Text, text =>
    {
        var wire = new SmtpReply(550, EnhancedStatusCode.Parse("5.1.1"), text, text + text).ToWire();
        return wire.EndsWith("\r\n", StringComparison.Ordinal)
            && wire[..^2].Split("\r\n") is [var first, var second]
            && first.StartsWith("550-5.1.1 ", StringComparison.Ordinal)
            && second.StartsWith("550 5.1.1 ", StringComparison.Ordinal)
            && first.Length <= 510 && second.Length <= 510
            && !(first + second).AsSpan().ContainsAnyExceptInRange(' ', '~');
    }).Check(Many);

    private static bool IsStable(Mailbox mailbox) => Mailbox.TryParse(mailbox.ToString(), out var again) && again.Equals(mailbox);

    private static string Squeezed(string text) =>
        string.Join(' ', string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
}

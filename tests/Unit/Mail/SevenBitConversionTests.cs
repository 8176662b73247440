using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SevenBitConversionTests
{
    private const string Top = "From: a@example.org\r\nMIME-Version: 1.0\r\n";

    [Fact]
    public async Task Text_with_few_foreign_letters_becomes_quoted_printable()
    {
        var message = Top + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nSubject: x\r\n\r\nGrüße, a=b \r\n.\r\nLast line of the text\r\n";

        Assert.Equal(
            Top + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nSubject: x\r\n\r\nGr=C3=BC=C3=9Fe, a=3Db=20\r\n.\r\nLast line of the text\r\n",
            await ConvertAsync(message));
    }

    [Fact]
    public async Task Text_in_another_script_becomes_base64()
    {
        var message = Top + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8BIT\r\n\r\nПривет\r\n";

        Assert.Equal(
            Top + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Convert.ToBase64String(Encoding.UTF8.GetBytes("Привет\r\n")) + "\r\n",
            await ConvertAsync(message));
    }

    [Fact]
    public async Task Only_the_leaf_parts_concerned_are_encoded_and_what_holds_them_is_relabelled()
    {
        var message = Top + """
            Content-Type: multipart/mixed; boundary="out er"
            Content-Transfer-Encoding: 8bit

            preamble
            --out er
            Content-Type: multipart/alternative; boundary=inner

            --inner
            Content-Type: text/plain
            Content-Transfer-Encoding: 8bit

            nothing foreign
            --inner
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: 8bit

            <p>The quick brown fox says Grüße to the lazy dog</p>
            --inner--
            --out er
            Content-Type: application/octet-stream
            Content-Transfer-Encoding: base64

            AAEC
            --out er--
            epilogue

            """.ReplaceLineEndings("\r\n");

        Assert.Equal(
            message
                .Replace("boundary=\"out er\"\r\nContent-Transfer-Encoding: 8bit", "boundary=\"out er\"\r\nContent-Transfer-Encoding: 7bit", StringComparison.Ordinal)
                .Replace("Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit", "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit", StringComparison.Ordinal)
                .Replace("charset=utf-8\r\nContent-Transfer-Encoding: 8bit", "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable", StringComparison.Ordinal)
                .Replace("Grüße", "Gr=C3=BC=C3=9Fe", StringComparison.Ordinal),
            await ConvertAsync(message));
    }

    [Fact]
    public async Task A_base64_part_ends_where_its_delimiter_begins()
    {
        var message = Top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\u00e9\u00e8\r\n--b--\r\n";

        Assert.Equal(
            Top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + Convert.ToBase64String(Encoding.UTF8.GetBytes("\u00e9\u00e8")) + "\r\n--b--\r\n",
            await ConvertAsync(message));
    }

    [Fact]
    public async Task A_part_without_label_gets_one()
    {
        var message = Top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThis is the whole text of a café here\r\n--b--\r\n";

        Assert.Equal(
            Top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nThis is the whole text of a caf=C3=A9 here\r\n--b--\r\n",
            await ConvertAsync(message));
    }

    [Theory]
    [InlineData("utf-8", "Just a little text from the café\r\n")]
    [InlineData("unknown-8bit", "Just a little text from the caf\u00ff\r\n")]
    public async Task A_message_without_mime_becomes_one(string charset, string body)
    {
        var octets = charset == "utf-8" ? Encoding.UTF8.GetBytes("Subject: x\r\n\r\n" + body) : Encoding.Latin1.GetBytes("Subject: x\r\n\r\n" + body);

        Assert.StartsWith(
            $"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nJust a",
            Encoding.Latin1.GetString((await ConvertAsync(octets, 1000))!),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_into_a_message_within_the_message()
    {
        var message = Top + "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: inner\r\nContent-Transfer-Encoding: 8bit\r\n\r\nwe met in the little café at noon\r\n";

        Assert.Equal(
            Top + "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: inner\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nwe met in the little caf=C3=A9 at noon\r\n",
            await ConvertAsync(message));
    }

    [Fact]
    public async Task Binary_content_becomes_base64_octet_for_octet()
    {
        var head = Encoding.ASCII.GetBytes(Top + "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n");
        byte[] body = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))];

        var converted = Encoding.ASCII.GetString((await ConvertAsync([.. head, .. body], 333))!);

        var parts = converted.Split("\r\n\r\n", 2);
        Assert.EndsWith("Content-Transfer-Encoding: base64", parts[0], StringComparison.Ordinal);
        Assert.Equal(body, Convert.FromBase64String(parts[1].Replace("\r\n", string.Empty, StringComparison.Ordinal)));
        Assert.All(parts[1].Split("\r\n"), line => Assert.InRange(line.Length, 0, 76));
        Assert.EndsWith("\r\n", converted, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_signed_stays_and_the_rest_is_converted()
    {
        var message = Top + """
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: multipart/signed; boundary=s
            Content-Transfer-Encoding: 8bit

            --s
            Content-Type: text/plain
            Content-Transfer-Encoding: 8bit

            signed text
            --s
            Content-Type: application/pgp-signature

            sig
            --s--
            --b
            Content-Type: text/plain; charset=utf-8

            the footer of some café in the city
            --b--

            """.ReplaceLineEndings("\r\n");

        Assert.Equal(
            message.Replace("charset=utf-8\r\n", "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n", StringComparison.Ordinal)
                .Replace("café", "caf=C3=A9", StringComparison.Ordinal),
            await ConvertAsync(message));
    }

    [Theory]
    [InlineData("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\ncafé\r\n--s--\r\n", "it is signed or encrypted")]
    [InlineData("Content-Type: multipart/encrypted; boundary=s\r\n\r\n--s\r\n\r\nx\r\n--s\r\n\r\ncafé\r\n--s--\r\n", "it is signed or encrypted")]
    [InlineData("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: multipart/mixed; boundary=t\r\n\r\n--t\r\n\r\ncafé\r\n--t--\r\n--s--\r\n", "it is signed or encrypted")]
    [InlineData("Content-Type: text/plain\r\nX-Name: café\r\n\r\ntext\r\n", "a header is not ASCII")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment; filename=café\r\n\r\nx\r\n--b--\r\n", "a header is not ASCII")]
    [InlineData("Content-Type: message/partial\r\n\r\ncafé\r\n", "message/partial cannot be encoded")]
    [InlineData("Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\ncafé\r\n", "text/plain cannot be encoded")]
    [InlineData("Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\ncafé\r\n", "text/plain cannot be encoded")]
    [InlineData("Content-Type: multipart/mixed; boundary=b\r\n\r\ncafé\r\n--b\r\n\r\nx\r\n--b--\r\n", "there is 8-bit text between its parts")]
    [InlineData("Content-Type: multipart/mixed\r\n\r\ncafé\r\n", "multipart/mixed cannot be encoded")]
    public async Task Says_why_it_cannot(string rest, string problem)
    {
        var conversion = await PlanAsync(Encoding.UTF8.GetBytes(Top + rest), 1000);

        Assert.Equal(problem, conversion.Problem);
    }

    [Theory]
    [InlineData("Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\ncafe\r\n--s--\r\n")]
    [InlineData("Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafe\r\n")]
    [InlineData("Content-Type: message/partial\r\n\r\ncafe\r\n")]
    [InlineData("\r\n")]
    [InlineData("")]
    public async Task Clean_content_needs_nothing(string rest)
    {
        var conversion = await PlanAsync(Encoding.UTF8.GetBytes(Top + rest), 1000);

        Assert.Equal((null, false), (conversion.Problem, conversion.IsNeeded));
    }

    [Fact]
    public async Task Too_many_parts_are_not_converted()
    {
        var parts = string.Concat(Enumerable.Repeat("--b\r\n\r\ncafé\r\n", 1100));

        var conversion = await PlanAsync(Encoding.UTF8.GetBytes(Top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts), 1000);

        Assert.Equal("it has too many parts", conversion.Problem);
    }

    [Fact]
    public async Task Pieces_of_any_size_give_the_same_octets_and_the_sizes_told()
    {
        var message = Encoding.UTF8.GetBytes(Top + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
            + string.Concat(Enumerable.Range(0, 200).Select(i => $"Zeile {i} mit Übergröße \t\r\n")) + "\r\n--b\r\nContent-Type: text/x; charset=utf-8\r\n\r\n"
            + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i} строка\r\n")) + "\r\n--b--\r\n");
        var whole = (await ConvertAsync(message, int.MaxValue))!;

        foreach (var size in new[] { 1, 2, 3, 7, 57, 64 })
        {
            Assert.Equal(whole, await ConvertAsync(message, size));
        }

        var plan = await PlanAsync(message, 99);
        Assert.Equal(whole.Length, await plan.MeasureAsync(new MemoryStream(message), CancellationToken.None));
        Assert.Equal(Encoding.ASCII.GetString(whole).IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4, plan.HeaderBytes);
        Assert.True(TransferEncodingOf(whole));
        var (before, after) = (MimeReader.Read(message), MimeReader.Read(whole));
        Assert.Equal(before.Children.Select(part => part.GetText()), after.Children.Select(part => part.GetText()));
    }

    [Fact]
    public async Task The_header_bytes_are_those_of_the_new_header()
    {
        var message = Encoding.UTF8.GetBytes("Subject: x\r\n\r\nJust a little text from the café\r\n");

        var plan = await PlanAsync(message, 1000);

        var converted = Encoding.ASCII.GetString((await ConvertAsync(message, 1000))!);
        Assert.Equal(converted.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4, plan.HeaderBytes);
    }

    private static bool TransferEncodingOf(byte[] content) => !content.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)0x7f);

    private static async Task<string?> ConvertAsync(string message) =>
        await ConvertAsync(Encoding.UTF8.GetBytes(message), 1000) is { } converted ? Encoding.UTF8.GetString(converted) : null;

    private static async Task<byte[]?> ConvertAsync(byte[] message, int pieces)
    {
        var conversion = await PlanAsync(message, pieces);
        Assert.Null(conversion.Problem);
        await using var converted = conversion.Open(new Dripping(message, pieces));
        using var output = new MemoryStream();
        await converted.CopyToAsync(output);
        return output.ToArray();
    }

    private static ValueTask<SevenBitConversion> PlanAsync(byte[] message, int pieces) =>
        SevenBitConversion.PlanAsync(new Dripping(message, pieces), CancellationToken.None);

    /// <summary>Gives out at most so many octets at a time.</summary>
    private sealed class Dripping(byte[] content, int pieces) : MemoryStream(content, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, pieces)], cancellationToken);
    }
}

using System.Text;
using System.Text.RegularExpressions;
using Relay.Dkim;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DkimSignerTests
{
    private static readonly DateTimeOffset SignedAt = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private static readonly DkimTestMessage Message = DkimTestMessage.Parse(
        """
        Received: from client.example.com by relay.example.com; Mon, 1 Jan 2026 00:00:00 +0000
        From: Joe <joe@example.com>
        To: Suzie <suzie@example.net>,
          Bob <bob@example.net>
        Subject: Is dinner ready?
        Date: Mon, 1 Jan 2026 00:00:00 +0000
        Message-ID: <1@example.com>
        X-Unsigned: anything

        Hi.

        We lost the game.  Are you hungry yet?
        """);

    [Fact]
    public async Task Signatures_of_both_keys_verify()
    {
        var results = await VerifyAsync(Sign(Message));

        Assert.Equal([("r1", DkimOutcome.Pass), ("e1", DkimOutcome.Pass)], results.Select(result => (result.Selector!, result.Outcome)));
        Assert.All(results, result => Assert.True(result.CoversWholeBody));
    }

    [Fact]
    public async Task The_streamed_signature_equals_the_one_from_memory()
    {
        var streamed = await new DkimSigner().SignAsync(
            Message.Headers, new MemoryStream(Message.Body), DkimTestKeys.Both, SignedAt, CancellationToken.None);

        Assert.Equal(new DkimSigner().Sign(Message.Headers, Message.Body, DkimTestKeys.Both, SignedAt), streamed);
    }

    [Fact]
    public void Each_line_is_folded_at_78_octets_and_ends_in_CRLF()
    {
        var text = Encoding.ASCII.GetString(new DkimSigner().Sign(Message.Headers, Message.Body, DkimTestKeys.Both, SignedAt));

        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        var lines = text[..^2].Split("\r\n");
        Assert.All(lines, line => Assert.InRange(line.Length, 2, 78));
        Assert.Equal(2, lines.Count(line => line.StartsWith("DKIM-Signature: ", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.True(line[0] == ' ' || line.StartsWith("DKIM-Signature:", StringComparison.Ordinal)));
        Assert.All(lines, line => Assert.DoesNotContain('\n', line));
    }

    [Theory]
    [InlineData("CFBL-Address: fbl@example.com; report=arf")]
    [InlineData("CFBL-Feedback-ID: b123")]
    [InlineData("List-Unsubscribe: <https://example.com/u/1>")]
    [InlineData("List-Unsubscribe-Post: List-Unsubscribe=One-Click")]
    public async Task What_leads_back_to_us_is_covered_and_nobody_can_add_another(string field)
    {
        var signed = Sign(Message.Prepend(Encoding.ASCII.GetBytes(field + "\r\n")));

        Assert.All(await VerifyAsync(signed), result => Assert.Equal(DkimOutcome.Pass, result.Outcome));
        var twice = signed.Prepend(Encoding.ASCII.GetBytes(field.Replace("1", "2", StringComparison.Ordinal) + "\r\n"));
        Assert.All(await VerifyAsync(twice), result => Assert.NotEqual(DkimOutcome.Pass, result.Outcome));
    }

    [Fact]
    public void Oversigns_what_must_not_be_added_and_signs_each_instance()
    {
        var message = Message.WithHeaders(headers => headers + "List-Unsubscribe: <https://example.com/u>\r\nList-Id: a\r\nList-Id: b\r\n");

        Assert.Equal(
            "From:Subject:Subject:Date:Date:To:To:Cc:Reply-To:Message-ID:Message-ID:In-Reply-To:References:MIME-Version:Content-Type:"
            + "List-Unsubscribe:List-Unsubscribe:List-Id:List-Id:From",
            Tag(message, "h"));
    }

    [Fact]
    public void Carries_the_time_and_by_default_no_expiry()
    {
        Assert.Equal("1800000000", Tag(Message, "t"));
        Assert.DoesNotContain(" x=", Encoding.ASCII.GetString(Sign(Message).Headers), StringComparison.Ordinal);
    }

    [Fact]
    public void Carries_an_expiry_when_asked()
    {
        var text = Encoding.ASCII.GetString(new DkimSigner(TimeSpan.FromDays(7)).Sign(Message.Headers, Message.Body, [DkimTestKeys.Rsa], SignedAt));

        Assert.Contains("t=1800000000; x=1800604800;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_without_From_is_not_signed()
    {
        var message = DkimTestMessage.Parse(DkimTestMessage.Read("dkim-dkimpy", "test_nofrom.message"));

        Assert.Empty(new DkimSigner().Sign(message.Headers, message.Body, DkimTestKeys.Both, SignedAt));
    }

    [Fact]
    public void No_keys_give_no_signature() => Assert.Empty(new DkimSigner().Sign(Message.Headers, Message.Body, [], SignedAt));

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("\r\n\r\n\r\n")]
    [InlineData("no line end")]
    [InlineData("trailing \t")]
    [InlineData("text\r\n \r\n\t\r\n\r\n")]
    public async Task Any_body_verifies(string body) =>
        Assert.All(await VerifyAsync(Sign(Message.WithBody(body))), result => Assert.Equal(DkimOutcome.Pass, result.Outcome));

    [Fact]
    public async Task The_blank_line_behind_the_headers_does_not_matter()
    {
        var signed = Sign(Message.WithHeaders(headers => headers + "\r\n"));

        Assert.All(await VerifyAsync(signed), result => Assert.Equal(DkimOutcome.Pass, result.Outcome));
    }

    [Fact]
    public async Task Harmless_changes_on_the_way_keep_the_signature()
    {
        var changed = Sign(Message)
            .WithHeaders(headers => headers.Replace("Subject: Is dinner", "SUBJECT:\r\n\tIs   dinner", StringComparison.Ordinal)
                .Replace("X-Unsigned: anything", "X-Unsigned: nothing", StringComparison.Ordinal))
            .WithBody("Hi. \r\n\r\nWe lost the game. Are you\thungry yet?\r\n\r\n\r\n");

        Assert.All(await VerifyAsync(changed), result => Assert.Equal(DkimOutcome.Pass, result.Outcome));
    }

    [Theory]
    [InlineData("From: Eve <eve@example.com>")]
    [InlineData("Subject: Other")]
    [InlineData("Content-Type: text/html")]
    [InlineData("Reply-To: eve@example.org")]
    [InlineData("Cc: eve@example.org")]
    public async Task A_second_or_new_field_breaks_the_signature(string field)
    {
        var signed = Sign(Message);
        var above = signed.WithHeaders(headers => field + "\r\n" + headers);
        var below = signed.WithHeaders(headers => headers + field + "\r\n");

        Assert.All(await VerifyAsync(above), result => Assert.Equal(DkimOutcome.Fail, result.Outcome));
        Assert.All(await VerifyAsync(below), result => Assert.Equal(DkimOutcome.Fail, result.Outcome));
    }

    [Fact]
    public async Task Changing_any_letter_of_a_signed_field_or_the_body_breaks_the_signature()
    {
        var signed = Sign(Message);
        var from = Encoding.ASCII.GetString(signed.Headers).IndexOf("\r\nFrom:", StringComparison.Ordinal) + 2;
        var end = Encoding.ASCII.GetString(signed.Headers).IndexOf("X-Unsigned", StringComparison.Ordinal);
        for (var i = from; i < end; i++)
        {
            if (char.IsAsciiLetterOrDigit((char)signed.Headers[i]))
            {
                await AssertNoPassAsync(signed with { Headers = Flip(signed.Headers, i, 0x02) });
            }
        }

        for (var i = 0; i < signed.Body.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit((char)signed.Body[i]))
            {
                await AssertNoPassAsync(signed with { Body = Flip(signed.Body, i, 0x20) });
            }
        }
    }

    [Fact]
    public async Task Changing_any_octet_of_the_signature_field_never_passes_unless_it_is_white_space_or_a_name()
    {
        var signed = Sign(Message, DkimTestKeys.Ed25519);
        var colon = Array.IndexOf(signed.Headers, (byte)':');
        var end = Encoding.ASCII.GetString(signed.Headers).IndexOf("\r\nReceived:", StringComparison.Ordinal);
        for (var i = colon + 1; i < end; i++)
        {
            if (signed.Headers[i] > ' ')
            {
                var changed = Flip(signed.Headers, i, 0x01);

                // Unused low bits of the last base64 letter before the padding carry no signature.
                if (changed[i] > ' ' && signed.Headers[i + 1] != (byte)'=')
                {
                    await AssertNoPassAsync(signed with { Headers = changed });
                }
            }
        }
    }

    [Fact]
    public async Task Many_threads_may_sign_with_the_same_keys()
    {
        var expected = Sign(Message).Headers;

        var signed = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => Sign(Message).Headers)));

        Assert.All(signed, headers => Assert.Equal(expected, headers));
    }

    [Fact]
    public async Task A_long_domain_and_selector_stay_verifiable()
    {
        var label = new string('a', 60);
        using var key = DkimKeyGenerator.Generate($"{label}.{label}.example.com", $"{label}.sel", DkimAlgorithm.Ed25519Sha256).Key;

        var results = await new DkimVerifier(FixedKeyLookup.One(key.RecordName, key.PublicRecord), TimeProvider.System)
            .VerifyAsync(Sign(Message, key).Headers, new MemoryStream(Message.Body), CancellationToken.None);

        Assert.Equal(DkimOutcome.Pass, Assert.Single(results).Outcome);
    }

    private static DkimTestMessage Sign(DkimTestMessage message, params DkimKey[] keys) =>
        message.Prepend(new DkimSigner().Sign(message.Headers, message.Body, keys.Length == 0 ? DkimTestKeys.Both : keys, SignedAt));

    private static string Tag(DkimTestMessage message, string name)
    {
        var unfolded = Encoding.ASCII.GetString(Sign(message).Headers).Replace("\r\n ", " ", StringComparison.Ordinal);
        return Regex.Match(unfolded, $"[ ;]{name}=([^;]*)").Groups[1].Value.Replace(" ", string.Empty, StringComparison.Ordinal);
    }

    private static byte[] Flip(byte[] octets, int index, byte bits)
    {
        byte[] changed = [.. octets];
        changed[index] ^= bits;
        return changed;
    }

    private static async Task AssertNoPassAsync(DkimTestMessage message) =>
        Assert.DoesNotContain(await VerifyAsync(message), result => result.Outcome == DkimOutcome.Pass);

    private static ValueTask<IReadOnlyList<DkimResult>> VerifyAsync(DkimTestMessage message) =>
        new DkimVerifier(DkimTestKeys.Published, TimeProvider.System).VerifyAsync(message.Headers, new MemoryStream(message.Body), CancellationToken.None);
}

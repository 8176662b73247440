using System.Net;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TraceFieldsTests
{
    private readonly IntakeKit _kit = new();

    [Fact]
    public async Task Received_names_client_protocol_tls_id_recipient_and_date()
    {
        var result = await _kit.AcceptAsync();
        var details = await _kit.FindAsync(result);

        Assert.Equal(
            "Received: from client.example.com ([192.0.2.7])\r\n"
            + "\tby relay.example.com with ESMTPSA tls TLS_AES_256_GCM_SHA384\r\n"
            + $"\tid {result.Id}\r\n"
            + "\tfor <bob@example.net>;\r\n"
            + "\tTue, 1 Jan 2030 00:00:00 +0000\r\n",
            System.Text.Encoding.UTF8.GetString(details.Variants[0].Prefix.Span));
    }

    [Theory]
    [InlineData("client.example.com", "client.example.com")]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("host_name-1", "host_name-1")]
    [InlineData("a) by evil.example (b", "unknown")]
    [InlineData("a\r\nX-Forged: yes", "unknown")]
    [InlineData("nämlich", "unknown")]
    [InlineData("", "unknown")]
    public async Task Keeps_only_what_a_name_may_hold_of_the_hello(string hello, string expected)
    {
        var prefix = await PrefixAsync(trace => trace with { HelloName = hello });

        Assert.StartsWith($"Received: from {expected} ([192.0.2.7])\r\n", prefix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_repeat_an_endless_hello()
    {
        var prefix = await PrefixAsync(trace => trace with { HelloName = new string('a', 256) });

        Assert.StartsWith("Received: from unknown (", prefix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2001:db8::1", "([IPv6:2001:db8::1])")]
    [InlineData("::ffff:192.0.2.9", "([192.0.2.9])")]
    public async Task Writes_addresses_as_literals(string address, string expected)
    {
        var prefix = await PrefixAsync(trace => trace with { ClientAddress = IPAddress.Parse(address) });

        Assert.Contains(expected, prefix.Split("\r\n")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_user_of_this_machine_in_place_of_a_client()
    {
        var prefix = await PrefixAsync(trace => trace with { LocalUserId = 33 });

        Assert.StartsWith("Received: by relay.example.com (from userid 33)\r\n\tid ", prefix, StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.7", prefix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_the_tls_clause_out_in_clear()
    {
        var prefix = await PrefixAsync(trace => trace with { Tls = null, Protocol = "ESMTP" });

        Assert.Contains("with ESMTP\r\n", prefix, StringComparison.Ordinal);
        Assert.DoesNotContain("tls", prefix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_no_recipient_when_there_are_several()
    {
        var prefix = await _kit.PrefixAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net", "eve@example.org"));

        Assert.DoesNotContain("for <", prefix, StringComparison.Ordinal);
        Assert.DoesNotContain("@example.", prefix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_no_address_that_needs_utf8_into_an_ascii_field()
    {
        var submission = IntakeKit.Submission("bob@example.net");
        submission = submission with { Envelope = submission.Envelope with { SmtpUtf8 = true, Recipients = [new EnvelopeRecipient(Mailbox.Parse("jörg@example.net"))] } };

        Assert.DoesNotContain("for <", await _kit.PrefixAsync(IntakeKit.Plain, submission), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adds_date_and_message_id_where_a_submission_lacks_them()
    {
        var result = await _kit.AcceptAsync("From: app@example.com\r\n\r\nHello.\r\n");
        var details = await _kit.FindAsync(result);
        var prefix = System.Text.Encoding.UTF8.GetString(details.Variants[0].Prefix.Span);

        Assert.EndsWith($"Date: Tue, 1 Jan 2030 00:00:00 +0000\r\nMessage-ID: <{result.Id}@relay.example.com>\r\n", prefix, StringComparison.Ordinal);
        Assert.Equal($"<{result.Id}@relay.example.com>", details.Message.MessageId);
    }

    [Theory]
    [InlineData("From: a@example.com\r\nDate: Tue, 1 Jan 2030 00:00:00 +0000\r\n\r\n", false, true)]
    [InlineData("From: a@example.com\r\nMessage-ID: <1@example.com>\r\n\r\n", true, false)]
    public async Task Adds_only_what_is_missing(string content, bool addsDate, bool addsMessageId)
    {
        var prefix = await _kit.PrefixAsync(content, IntakeKit.Submission("bob@example.net"));

        Assert.Equal(addsDate, prefix.Contains("\r\nDate: ", StringComparison.Ordinal));
        Assert.Equal(addsMessageId, prefix.Contains("\r\nMessage-ID: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Adds_nothing_to_relayed_mail_but_received()
    {
        var prefix = await _kit.PrefixAsync("From: a@example.com\r\n\r\n", IntakeKit.Submission("bob@example.net") with { CompleteHeaders = false });

        Assert.DoesNotContain("Date:", prefix, StringComparison.Ordinal);
        Assert.DoesNotContain("Message-ID:", prefix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stamps_no_received_on_messages_of_our_own()
    {
        var prefix = await _kit.PrefixAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net") with { Trace = null, Door = Door.Internal });

        Assert.Empty(prefix);
    }

    [Theory]
    [InlineData("Hello without any header.\r\n")]
    [InlineData("")]
    public async Task Ends_its_fields_with_a_blank_line_when_the_content_has_no_header(string content)
    {
        var prefix = await _kit.PrefixAsync(content, IntakeKit.Submission("bob@example.net"));

        Assert.EndsWith("\r\n\r\n", prefix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adds_no_blank_line_before_a_header() =>
        Assert.DoesNotContain("\r\n\r\n", await _kit.PrefixAsync(IntakeKit.Plain, IntakeKit.Submission("bob@example.net")), StringComparison.Ordinal);

    [Fact]
    public async Task Adds_no_second_blank_line_to_content_that_begins_with_one()
    {
        var prefix = await _kit.PrefixAsync("\r\nHello.\r\n", IntakeKit.Submission("bob@example.net"));

        Assert.False(prefix.EndsWith("\r\n\r\n", StringComparison.Ordinal));
    }

    private Task<string> PrefixAsync(Func<TraceInfo, TraceInfo> change)
    {
        var submission = IntakeKit.Submission("bob@example.net");
        return _kit.PrefixAsync(IntakeKit.Plain, submission with { Trace = change(submission.Trace!) });
    }
}

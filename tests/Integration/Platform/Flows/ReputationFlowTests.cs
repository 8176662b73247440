using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>
/// What comes back and what follows from it, with a real Postfix: it refuses at once, bounces later by its own report to our return path; complaints and
/// automatic replies come the same way. A forged report changes nothing.
/// </summary>
public sealed class ReputationFlowTests : IAsyncLifetime
{
    private const string Sender = "news@sender.test";
    private const string PostfixAddress = "127.0.50.1";

    private readonly ApiWorld _world = new();
    private readonly PostfixReceiver _postfix = new();

    public async Task InitializeAsync()
    {
        _world.Zone.Mx("postfix.test", 10, "mx.postfix.test").Address("mx.postfix.test", PostfixAddress).Mx("sender.test", 10, "mx.dest.test");
        await _world.StartAsync(more: "[local]\nreports = [\"reports@relay.test\"]");
        using var client = await _world.ClientAsync("reputation");
        await _world.VerifiedDomainAsync(client, "sender.test");
    }

    public async Task DisposeAsync()
    {
        await _postfix.DisposeAsync();
        await _world.DisposeAsync();
    }

    [PeerFact("postfix", "openssl", NeedsRoot = true)]
    public async Task Refused_at_once_or_bounced_later_the_address_is_spared_from_then_on()
    {
        await _postfix.StartAsync("postfix.test", PostfixAddress, _world.Sink.Port, string.Create(CultureInfo.InvariantCulture, $$"""
            virtual_alias_maps = inline:{ {late@postfix.test=user@gone.test} }
            transport_maps = inline:{ {gone.test=error:5.1.1 no such user here any more}, {bounce.sender.test=smtp:[127.0.0.1]:{{_world.Relay.SmtpPort}}} }
            """));
        await SendAsync("refused@postfix.test");
        await SendAsync("late@postfix.test");
        var refused = await _world.Relay.EventAsync("refused@postfix.test", "bounced");
        var late = await _world.Relay.EventAsync("late@postfix.test", "bounced");

        Assert.Equal(("bad-mailbox", "recipient"), (refused.Word("class"), refused.Word("fault")));
        Assert.Equal(("bad-mailbox", "recipient", "5.1.1"), (late.Word("class"), late.Word("fault"), late.Word("enhancedCode")));

        // Postfix' report goes on to the sender, who did not say NOTIFY=NEVER; so does ours about the other one.
        await Poll.UntilAsync("both reports reach the sender", () => _world.Sink.Messages.Count(m => m.Recipients.Contains(Sender) && m.ReversePath.Length == 0) == 2);
        foreach (var address in (string[])["refused@postfix.test", "late@postfix.test"])
        {
            await SuppressedAsync(address, "hardBounce");
            await SendAsync(address);
            await _world.Relay.ReachesAsync(address, "suppressed");
        }
    }

    [Fact]
    public async Task A_complaint_suppresses_an_automatic_reply_and_a_forged_bounce_change_nothing()
    {
        await SendAsync("ann@dest.test");
        await SendAsync("ben@dest.test");
        var (ann, ben) = (await MailAsync("ann@dest.test"), await MailAsync("ben@dest.test"));
        Assert.EndsWith("@bounce.sender.test", ann.ReversePath, StringComparison.Ordinal);

        await ReportAsync("ben@dest.test", ben.ReversePath, "Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n");
        var forged = (ben.ReversePath[1] == '0' ? "b1" : "b0") + ben.ReversePath[2..];
        await ReportAsync("mailer-daemon@mx.example.net", "reports@relay.test", Bounce("ben@dest.test", $"Return-Path: <{forged}>\r\n{HeaderOf(ben)}"));
        await ReportAsync("fbl@example.net", ann.ReversePath, Complaint("ann@dest.test", HeaderOf(ann)));

        await _world.Relay.EventAsync("ann@dest.test", "complained");
        await _world.Relay.EventAsync("ben@dest.test", "reported");
        await SuppressedAsync("ann@dest.test", "complaint");
        await SendAsync("ann@dest.test");
        await _world.Relay.ReachesAsync("ann@dest.test", "suppressed");
        await SendAsync("ben@dest.test");
        await MailAsync("ben@dest.test", 2);
        Assert.DoesNotContain("ben@dest.test", (await _world.Relay.RunAsync("suppression", "list", "--json")).Output, StringComparison.Ordinal);
    }

    private Task<string> SendAsync(string recipient) => SmtpTalk.SubmitAsync(
        _world.Relay.SmtpPort, Sender, [recipient], Encoding.ASCII.GetBytes($"From: {Sender}\r\nTo: {recipient}\r\nSubject: hello\r\n\r\nhello\r\n"));

    private Task<string> ReportAsync(string from, string to, string content) => SmtpTalk.SubmitAsync(
        _world.Relay.SmtpPort, "", [to], Encoding.ASCII.GetBytes($"From: {from}\r\nTo: {to}\r\n{content}"));

    private Task SuppressedAsync(string address, string reason) => Poll.UntilAsync($"{address} is on the list", async () =>
    {
        var list = (await _world.Relay.RunAsync("suppression", "list", "--json")).Output;
        return list.Contains(address, StringComparison.Ordinal) && list.Contains(reason, StringComparison.OrdinalIgnoreCase);
    });

    private async Task<SinkMessage> MailAsync(string recipient, int number = 1)
    {
        SinkMessage? found = null;
        await Poll.UntilAsync($"mail {number} for {recipient} arrives", () =>
            (found = _world.Sink.Messages.Where(m => m.Recipients.Contains(recipient)).ElementAtOrDefault(number - 1)) is not null);
        return found!;
    }

    private static string HeaderOf(SinkMessage mail) => mail.Text[..(mail.Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2)];

    private static string Bounce(string recipient, string header) => Report("delivery-status", $"""
        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; {recipient}
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 no such user

        """, header);

    private static string Complaint(string recipient, string header) => Report("feedback-report", $"""
        Feedback-Type: abuse
        User-Agent: example/1
        Version: 1
        Original-Rcpt-To: {recipient}

        """, header);

    private static string Report(string type, string fields, string header) => $"""
        Subject: a report
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type={type}; boundary="b"

        --b
        Content-Type: text/plain

        A report.
        --b
        Content-Type: message/{type}

        {fields}
        --b
        Content-Type: text/rfc822-headers

        {header}
        --b--

        """.ReplaceLineEndings("\r\n");
}

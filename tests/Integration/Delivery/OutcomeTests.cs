using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Every end a recipient can come to at real servers and a real DNS server.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class OutcomeTests
{
    private readonly DeliveryWorld _world;
    private readonly RelayProcess _relay;

    public OutcomeTests(DeliveryWorld world)
    {
        _world = world;
        _relay = world.Relay;
    }

    [WorldFact]
    public async Task Tls_is_used_where_it_is_offered()
    {
        await _world.SendAsync("tls", "tls@postfix.test");

        var delivered = await _relay.EventAsync("tls@postfix.test", "delivered");
        Assert.Contains("TLS1.3", delivered.Word("tls"), StringComparison.Ordinal);
        Assert.Equal("mx.postfix.test", delivered.Word("remoteHost"));
        Assert.Equal(250, delivered.GetProperty("replyCode").GetInt32());
    }

    [WorldFact]
    public async Task Mail_goes_in_clear_where_tls_is_not_offered()
    {
        await _world.SendAsync("clear", "clear@exim.test");

        var delivered = await _relay.EventAsync("clear@exim.test", "delivered");
        Assert.Null(delivered.Word("tls"));
    }

    [WorldFact]
    public async Task Smtp_sink_takes_a_hundred_messages()
    {
        await SubmissionRelay.RunAsync("smtp-source",
        [
            "-s", "5", "-m", "100", "-l", "2000", "-f", DeliveryWorld.Sender, "-t", "many@sink.test",
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"127.0.0.1:{_relay.SmtpPort}"),
        ]);

        await Poll.UntilAsync("all are delivered", async () =>
            (await _relay.EntriesAsync("many@sink.test")).Count(e => e.Word("state") == "delivered") == 100);
    }

    [WorldFact]
    public async Task A_refused_recipient_bounces_and_the_sender_reads_a_report()
    {
        await _world.SendAsync("to be refused", "refused@postfix.test");

        var bounced = await _relay.EventAsync("refused@postfix.test", "bounced");
        Assert.Equal("5.1.1", bounced.Word("enhancedCode"));
        Assert.Equal(550, bounced.GetProperty("replyCode").GetInt32());
        Assert.Contains("RCPT TO:<refused@postfix.test>", bounced.Word("conversation"), StringComparison.Ordinal);
        var report = await ReportAboutAsync("refused@postfix.test", "to be refused");
        Assert.Contains("\nReturn-path: <>\n", "\n" + report, StringComparison.OrdinalIgnoreCase);
        Assert.Matches("(?i)content-type: multipart/report;[^:]*report-type=\"?delivery-status", report);
        Assert.Matches("(?i)content-type: message/delivery-status", report);
        Assert.Contains("\nFinal-Recipient: rfc822; refused@postfix.test\n", report, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\nAction: failed\n", report, StringComparison.Ordinal);
        Assert.Contains("\nStatus: 5.1.1\n", report, StringComparison.Ordinal);
        Assert.Contains("\nRemote-MTA: dns; mx.postfix.test\n", report, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\nSubject: to be refused\n", report, StringComparison.Ordinal);
    }

    [WorldFact]
    public async Task Pythons_mail_parser_takes_the_report_apart()
    {
        await _world.SendAsync("for python", "refused+python@nullmx.test");
        await ReportAboutAsync("refused+python@nullmx.test");
        using var folder = new TemporaryFolder();
        var file = folder.File("report");
        await File.WriteAllTextAsync(file, await ReportAboutAsync("refused+python@nullmx.test"), Encoding.Latin1);

        var output = await SubmissionRelay.RunAsync("python3",
        [
            "-c",
            "import sys, email, email.policy\n"
                + "m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\n"
                + "assert not m.defects and m.get_content_type() == 'multipart/report', m.defects\n"
                + "print([p.get_content_type() for p in m.iter_parts()])\n"
                + "status = list(m.iter_parts())[1].get_payload()\n"
                + "print(status[0]['Reporting-MTA'], status[1]['Action'], status[1]['Status'])\n",
            file,
        ]);

        Assert.Equal(
            "['text/plain', 'message/delivery-status', 'message/rfc822']\ndns; relay.example.com failed 5.1.10\n",
            output.Replace("dns;relay", "dns; relay", StringComparison.Ordinal));
    }

    [WorldFact]
    public async Task A_temporary_refusal_defers_with_a_time_for_the_next_attempt()
    {
        await _world.SendAsync("later", "later@postfix.test");

        var entry = await _relay.ReachesAsync("later@postfix.test", "deferred");
        Assert.Equal(1, entry.GetProperty("attempts").GetInt32());
        Assert.InRange(entry.GetProperty("nextAttempt").GetDateTimeOffset() - TimeProvider.System.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromSeconds(70));
        Assert.StartsWith("451 4.2.0", entry.Word("lastReply"), StringComparison.Ordinal);
    }

    [WorldFact]
    public async Task An_unknown_domain_bounces()
    {
        await _world.SendAsync("nowhere", "anybody@nowhere.test");

        var bounced = await _relay.EventAsync("anybody@nowhere.test", "bounced");
        Assert.Equal("5.1.2", bounced.Word("enhancedCode"));
    }

    [WorldFact]
    public async Task A_domain_with_a_null_mx_bounces()
    {
        await _world.SendAsync("null MX", "anybody@nullmx.test");

        var bounced = await _relay.EventAsync("anybody@nullmx.test", "bounced");
        Assert.Equal("5.1.10", bounced.Word("enhancedCode"));
    }

    [WorldFact]
    public async Task A_host_that_does_not_answer_defers()
    {
        await _world.SendAsync("unreachable", "anybody@unreachable.test");

        var entry = await _relay.ReachesAsync("anybody@unreachable.test", "deferred");
        Assert.Equal(1, entry.GetProperty("attempts").GetInt32());
    }

    [WorldFact]
    public async Task Each_of_several_recipients_comes_to_its_own_end()
    {
        await _world.SendAsync(
            "mixed", "mixed@postfix.test", "refused-mixed@postfix.test", "later-mixed@postfix.test", "mixed@exim.test", "mixed@nullmx.test", "mixed@nowhere.test");

        var id = (await _relay.ReachesAsync("mixed@postfix.test", "delivered")).Word("messageId");
        var states = new Dictionary<string, string?>();
        await Poll.UntilAsync("all have an outcome: " + string.Join(' ', states), async () =>
        {
            var message = await _relay.GetAsync("/admin/v1/messages/" + id);
            states = message.GetProperty("recipients").EnumerateArray().ToDictionary(r => r.Word("address")!, r => r.Word("state"));
            return states.Values.All(s => s is "delivered" or "bounced" or "deferred");
        });
        Assert.Equal("delivered", states["mixed@exim.test"]);
        Assert.Equal("bounced", states["refused-mixed@postfix.test"]);
        Assert.Equal("deferred", states["later-mixed@postfix.test"]);
        Assert.Equal("bounced", states["mixed@nullmx.test"]);
        Assert.Equal("bounced", states["mixed@nowhere.test"]);
    }

    [WorldFact]
    public async Task A_report_that_cannot_be_delivered_causes_no_other_one()
    {
        await SmtpTalk.SubmitAsync(
            _relay.SmtpPort, "nobody@nowhere.test", ["double@nullmx.test"], "From: nobody@nowhere.test\r\nSubject: double\r\n\r\nHello\r\n"u8.ToArray());

        await _relay.EventAsync("double@nullmx.test", "bounced");
        await _relay.EventAsync("nobody@nowhere.test", "bounced");
        var reports = (await _relay.EntriesAsync("nowhere.test")).Where(e => e.Word("recipient") == "nobody@nowhere.test").ToList();
        Assert.Equal("", Assert.Single(reports).Word("reversePath"));
    }

    /// <summary>The report in the sender's mailbox about this recipient, with LF line ends.</summary>
    // Other tests of this class bounce at the same recipient: the subject tells their reports apart.
    private async Task<string> ReportAboutAsync(string recipient, string subject = "")
    {
        string? report = null;
        await Poll.UntilAsync($"a report about {recipient}; the relay printed:\n{_relay.Output}", () =>
        {
            report = _world.Exim.Messages("user").Select(Encoding.Latin1.GetString)
                .FirstOrDefault(m => m.Contains("\nSubject: " + subject, StringComparison.Ordinal)
                    && (m.Contains("Final-Recipient: rfc822; " + recipient, StringComparison.OrdinalIgnoreCase)
                        || m.Contains("Final-Recipient: rfc822;" + recipient, StringComparison.OrdinalIgnoreCase)));
            return report is not null;
        });
        return report!;
    }
}

using System.Globalization;
using System.Text.Json;
using MimeKit;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Our delivery reports as parsers of others read them, for every kind of failure.</summary>
public sealed class DeliveryReportParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private const string LongText = "what the other server said, at some length so that the field folds somewhere in the middle of it";

    // Subject and detail of RFC 3463 §3 as failures, one of each that the rules report, and a delay and a success.
    private static readonly string[] Failures =
    [
        "5.0.0", "5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.8", "5.1.10", "5.2.0", "5.2.1", "5.2.2", "5.2.3", "5.3.0", "5.3.1", "5.3.4", "5.4.1",
        "5.4.2", "5.4.3", "5.4.4", "5.4.6", "5.4.7", "5.5.0", "5.5.2", "5.5.3", "5.6.0", "5.6.7", "5.7.0", "5.7.1", "5.7.10", "5.7.25", "5.7.26", "5.7.28",
    ];

    [PeerFact("python3")]
    public Task Python_reads_every_field() => CheckAsync(PythonAsync);

    [PeerFact("python3")]
    public async Task Python_reads_every_field_and_the_words_of_another_language()
    {
        var german = ReportTexts.Of("test", new Dictionary<ReportPhrase, string>
        {
            [ReportPhrase.SubjectMixed] = "Zustellbericht für Sie",
            [ReportPhrase.Greeting] = "Grüße von {host}.",
            [ReportPhrase.Full] = "das Postfach läuft über.",
        });
        var parsed = await CheckAsync(PythonAsync, german);

        Assert.Equal("Zustellbericht für Sie", parsed.GetProperty("subject").GetString());
        var words = parsed.GetProperty("words").GetString()!;
        Assert.StartsWith("Grüße von relay.example.com.", words, StringComparison.Ordinal);
        Assert.Contains("user10@example.net: das Postfach läuft über.", words, StringComparison.Ordinal);
        Assert.Contains("user2@example.net: there is no such mailbox at that domain.", words, StringComparison.Ordinal);
    }

    private static Task<string> PythonAsync(string file) =>
        SubmissionRelay.RunAsync("python3", [Path.Combine(TestData.Root, "tests", "Integration", "Clients", "dsn.py"), file]);

    [NodeFact]
    public Task Mailparser_reads_every_field() => CheckAsync(file => SubmissionRelay.RunAsync("node", [NodeFactAttribute.Script("dsn.mjs"), file]));

    [Fact]
    public Task MimeKit_reads_every_field() => CheckAsync(MimeKitAsync);

    // In the form the other two print.
    private static async Task<string> MimeKitAsync(string file)
    {
        var mail = await MimeMessage.LoadAsync(file);
        var report = Assert.IsType<MultipartReport>(mail.Body);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Equal(["text/plain", "message/delivery-status", "text/rfc822-headers"], report.Select(part => part.ContentType.MimeType));
        Assert.Equal("hello", Assert.IsType<TextRfc822Headers>(report[2]).Message!.Subject);
        var groups = Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups
            .Select(group => group.ToDictionary(field => field.Field.ToLowerInvariant(), field => field.Value)).ToList();
        return JsonSerializer.Serialize(
            new { subject = mail.Subject, autoSubmitted = mail.Headers[HeaderId.AutoSubmitted], message = groups[0], recipients = groups[1..] });
    }

    private static async Task<JsonElement> CheckAsync(Func<string, Task<string>> parseAsync, ReportTexts? texts = null)
    {
        var recipients = Failures.Select((code, i) => Recipient($"user{i}@example.net", DeliveryAction.Failed, code))
            .Append(Recipient("late@example.net", DeliveryAction.Delayed, "4.4.1") with { WillRetryUntil = Now.AddDays(3) })
            .Append(Recipient("relayed@example.net", DeliveryAction.Relayed, "2.0.0"))
            .ToList();
        using var folder = new TemporaryFolder();
        var file = folder.File("report.eml");
        await WriteAsync(recipients, file, texts ?? ReportTexts.English);
        var parsed = JsonDocument.Parse(await parseAsync(file)).RootElement;

        Assert.Equal("auto-replied", parsed.GetProperty("autoSubmitted").GetString());
        Assert.Equal("dns; relay.example.com", Field(parsed.GetProperty("message"), "reporting-mta"));
        Assert.Equal("env-1", Field(parsed.GetProperty("message"), "original-envelope-id"));
        var found = parsed.GetProperty("recipients").EnumerateArray().ToList();
        Assert.Equal(recipients.Count, found.Count);
        for (var i = 0; i < found.Count; i++)
        {
            var sent = recipients[i];
            Assert.Equal($"rfc822; {sent.FinalRecipient}", Field(found[i], "final-recipient"));
            Assert.Equal("rfc822; alias@example.net", Field(found[i], "original-recipient"), ignoreAllWhiteSpace: true);
            Assert.Equal(sent.Action.ToString().ToLowerInvariant(), Field(found[i], "action"));
            Assert.Equal(sent.Status.ToString(), Field(found[i], "status"));
            Assert.Equal("dns; mx.example.net", Field(found[i], "remote-mta"));
            Assert.Equal($"smtp; {sent.Reply}", Field(found[i], "diagnostic-code"), ignoreAllWhiteSpace: true);
            Assert.Equal(Now, DateTimeOffset.Parse(Field(found[i], "last-attempt-date"), CultureInfo.InvariantCulture));
            Assert.Equal(sent.WillRetryUntil is not null, found[i].TryGetProperty("will-retry-until", out _));
        }

        return parsed;
    }

    private static RecipientReport Recipient(string address, DeliveryAction action, string status)
    {
        var code = EnhancedStatusCode.Parse(status);
        return new RecipientReport
        {
            FinalRecipient = Mailbox.Parse(address),
            OriginalRecipient = "rfc822;alias@example.net",
            Action = action,
            Status = code,
            RemoteMta = "mx.example.net",
            Reply = new SmtpReply(code.Class switch { 2 => 250, 4 => 450, _ => 550 }, code, LongText),
            LastAttempt = Now,
        };
    }

    private static async Task WriteAsync(IReadOnlyList<RecipientReport> recipients, string file, ReportTexts texts)
    {
        var report = new DeliveryStatusReport
        {
            ReportingMta = "relay.example.com",
            From = Mailbox.Parse("MAILER-DAEMON@relay.example.com"),
            To = Mailbox.Parse("sender@example.com"),
            Date = Now,
            MessageId = "<1@relay.example.com>",
            EnvelopeId = "env-1",
            Texts = texts,
            ArrivalDate = Now.AddHours(-1),
            Recipients = recipients,
            OriginalHeader = "From: sender@example.com\r\nSubject: hello\r\n"u8.ToArray(),
        };
        await using var stream = File.Create(file);
        await report.WriteAsync(stream, CancellationToken.None);
    }

    private static string Field(JsonElement group, string name) => group.GetProperty(name).GetString()!;
}

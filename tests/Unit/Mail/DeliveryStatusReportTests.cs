using System.Text;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DeliveryStatusReportTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_is_written_can_be_read()
    {
        var report = Report(Failed("user@example.net") with
        {
            OriginalRecipient = "rfc822;alias@example.net",
            RemoteMta = "mx.example.net",
            Reply = new SmtpReply(550, EnhancedStatusCode.Parse("5.1.1"), "no such user", "go away"),
            LastAttempt = Now,
        }) with
        {
            EnvelopeId = "env-1",
            ArrivalDate = Now.AddHours(-1),
            OriginalHeader = "Subject: original\r\nFrom: a@example.com\r\n"u8.ToArray(),
        };

        var message = MimeReader.Read(await WriteAsync(report));

        Assert.Equal("multipart/report", message.MediaType);
        Assert.Equal("delivery-status", message.ContentType["report-type"]);
        Assert.Equal("auto-replied", message.Header.Value("Auto-Submitted"));
        Assert.Equal("Undelivered mail: user@example.net", message.Header.Text("Subject"));
        Assert.Equal(["text/plain", "message/delivery-status", "text/rfc822-headers"], message.Children.Select(part => part.MediaType));
        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        Assert.Equal("relay.example.com", status.ReportingMta);
        Assert.Equal("env-1", status.OriginalEnvelopeId);
        Assert.Equal(Now.AddHours(-1), status.ArrivalDate);
        Assert.Equal("original", status.OriginalHeader.Text("Subject"));
        var recipient = Assert.Single(status.Recipients);
        Assert.Equal(Mailbox.Parse("user@example.net"), recipient.Mailbox);
        Assert.Equal("alias@example.net", recipient.OriginalRecipient);
        Assert.Equal(DeliveryAction.Failed, recipient.Action);
        Assert.Equal("5.1.1", recipient.Status.ToString());
        Assert.Equal("mx.example.net", recipient.RemoteMta);
        Assert.Equal("smtp", recipient.DiagnosticType);
        Assert.Equal(new SmtpReply(550, EnhancedStatusCode.Parse("5.1.1"), "no such user go away"), recipient.Reply);
        Assert.Equal(Now, recipient.LastAttempt);
    }

    [Fact]
    public async Task Text_tells_people_first_and_quotes_the_server_after()
    {
        var report = Report(
            Failed("a@example.net") with { RemoteMta = "mx.example.net", Reply = SmtpReply.Of(550, "5.1.1", "user unknown") },
            Failed("b@example.org") with { Status = EnhancedStatusCode.Parse("5.4.7"), Diagnostic = "delivery time expired" });

        var text = MimeReader.Read(await WriteAsync(report)).Children[0].GetText();

        Assert.Contains("a@example.net: there is no such mailbox at that domain. Check how the\r\naddress is written.\r\n\r\n    mx.example.net said: 550 5.1.1 user unknown\r\n", text, StringComparison.Ordinal);
        Assert.Contains("b@example.org: the message could not be delivered in time. You may send it\r\nagain later.\r\n\r\n    delivery time expired\r\n", text, StringComparison.Ordinal);
        Assert.All(text.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
    }

    [Fact]
    public async Task Text_names_the_message_by_its_subject()
    {
        var report = Report(Failed("a@example.net"));

        var text = MimeReader.Read(await WriteAsync(report with { OriginalSubject = "Grüße\r\naus {host}" })).Children[0].GetText();
        Assert.Contains("tried again.\r\n\r\nSubject: Grüße aus {host}\r\n\r\na@example.net: ", text, StringComparison.Ordinal);

        text = MimeReader.Read(await WriteAsync(report with { OriginalSubject = new string('x', 199) + "😀😀" })).Children[0].GetText();
        Assert.Contains("xxx...\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Subject", MimeReader.Read(await WriteAsync(report)).Children[0].GetText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delays_say_until_when()
    {
        var report = Report(Failed("a@example.net") with
        {
            Action = DeliveryAction.Delayed,
            Status = EnhancedStatusCode.Parse("4.4.1"),
            WillRetryUntil = Now.AddDays(5),
        });

        var message = MimeReader.Read(await WriteAsync(report));

        Assert.Equal("Delayed mail: a@example.net", message.Header.Text("Subject"));
        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        Assert.Equal(Now.AddDays(5), status.Recipients[0].WillRetryUntil);
        Assert.Contains("Fri, 6 Mar 2026", message.Children[0].GetText().Replace("\r\n", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remote_text_cannot_break_out_of_its_field()
    {
        var report = Report(Failed("a@example.net") with
        {
            RemoteMta = "mx\r\nX-Evil: 1",
            Reply = new SmtpReply(550, null, "x\r\n\r\nFinal-Recipient: rfc822; other@example.net", new string('y', 5000), "é\0"),
        });

        var bytes = await WriteAsync(report);

        var message = MimeReader.Read(bytes);
        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        Assert.Equal("a@example.net", Assert.Single(status.Recipients).FinalRecipient);
        Assert.Equal("7bit", message.Children[1].TransferEncoding);
        Assert.True(Ascii.IsValid(bytes));
        Assert.All(Encoding.ASCII.GetString(bytes).Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
        Assert.Equal(BodyType.SevenBit, report.BodyType);
    }

    [Fact]
    public async Task Utf8_addresses_take_the_global_forms()
    {
        var report = Report(Failed("δοκιμή@example.net")) with { OriginalHeader = "Subject: δοκιμή\r\n"u8.ToArray() };

        var message = MimeReader.Read(await WriteAsync(report));

        Assert.Equal(["text/plain", "message/global-delivery-status", "message/global-headers"], message.Children.Select(part => part.MediaType));
        Assert.Contains("Final-Recipient: utf-8; δοκιμή@example.net", message.Children[1].GetText(), StringComparison.Ordinal);
        Assert.Equal(BodyType.SevenBit, report.BodyType);
        Assert.False(report.NeedsSmtpUtf8);
        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        Assert.Equal(Mailbox.Parse("δοκιμή@example.net"), status.Recipients[0].Mailbox);
        Assert.Equal("δοκιμή", status.OriginalHeader.Text("Subject"));
    }

    [Fact]
    public async Task Report_to_a_utf8_address_is_eight_bit()
    {
        var report = Report(Failed("δοκιμή@example.net")) with { To = Mailbox.Parse("αποστολέας@example.com") };

        var message = MimeReader.Read(await WriteAsync(report));

        Assert.True(report.NeedsSmtpUtf8);
        Assert.Equal(BodyType.EightBitMime, report.BodyType);
        Assert.Equal("8bit", message.TransferEncoding);
        Assert.Equal("8bit", message.Children[1].TransferEncoding);
    }

    [Theory]
    [InlineData(BodyType.SevenBit, "7bit")]
    [InlineData(BodyType.EightBitMime, "8bit")]
    public async Task Whole_messages_are_returned_as_they_are(BodyType bodyType, string encoding)
    {
        var original = Encoding.UTF8.GetBytes("Subject: original\r\n\r\n" + (bodyType == BodyType.SevenBit ? "x\r\n" : "é\r\n"));
        var report = Report(Failed("a@example.net")) with
        {
            OpenOriginal = _ => ValueTask.FromResult<Stream>(new MemoryStream(original)),
            OriginalBodyType = bodyType,
        };

        var message = MimeReader.Read(await WriteAsync(report));

        Assert.Equal(bodyType, report.BodyType);
        Assert.Equal("message/rfc822", message.Children[2].MediaType);
        Assert.Equal(encoding, message.Children[2].TransferEncoding);
        Assert.Equal(original, message.Children[2].RawBody.ToArray());
    }

    [Fact]
    public async Task Needs_a_recipient_and_an_identifier()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(Report()));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(Report(Failed("a@example.net")) with { MessageId = "x" }));
    }

    [Theory]
    [InlineData("Final-Recipient: rfc822;<a@example.net>\nAction: failed (user unknown)\nStatus: 5.1.1 (bad)\n", "a@example.net", "5.1.1")]
    [InlineData("Reporting-MTA: dns; x\nFinal-Recipient: a@example.net\nAction: FAILED\nStatus: 5.0.0\n", "a@example.net", "5.0.0")]
    [InlineData("Reporting-MTA: dns; x\n\ngarbage line\nOriginal-Recipient: rfc822; a@example.net\nAction: failed\nStatus: 5.2.2\n", "a@example.net", "5.2.2")]
    [InlineData("\n\nAction: failed\nFinal-Recipient: RFC822 ; a@example.net\nStatus:5.1.2", "a@example.net", "5.1.2")]
    public void Reads_reports_as_the_field_writes_them(string groups, string address, string code)
    {
        var message = MimeReader.Read(Encoding.ASCII.GetBytes("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + groups + "\n--b--\n"));

        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        var recipient = Assert.Single(status.Recipients);
        Assert.Equal(address, recipient.Mailbox?.ToString());
        Assert.Equal(DeliveryAction.Failed, recipient.Action);
        Assert.Equal(code, recipient.Status.ToString());
    }

    [Fact]
    public void Recipients_without_a_blank_line_between_them_are_split()
    {
        var message = MimeReader.Read("Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@example.net\nStatus: 5.1.1\nFinal-Recipient: rfc822; b@example.net\nStatus: 5.2.2\n"u8.ToArray());

        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        Assert.Equal(["5.1.1", "5.2.2"], status.Recipients.Select(recipient => recipient.Status.ToString()));
    }

    [Fact]
    public void A_report_inside_a_forwarded_message_is_not_this_messages_report()
    {
        var message = MimeReader.Read("Content-Type: message/rfc822\n\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@example.net\n"u8.ToArray());

        Assert.False(DeliveryStatusReport.TryRead(message, out _));
    }

    [Fact]
    public void A_report_that_lost_its_boundary_is_still_read()
    {
        var message = MimeReader.Read("Content-Type: multipart/report; boundary=b\n\nSorry.\n\nFinal-Recipient: rfc822; a@example.net\nAction: failed\n"u8.ToArray());

        Assert.True(DeliveryStatusReport.TryRead(message, out var status));
        Assert.Equal("a@example.net", status.Recipients[0].FinalRecipient);
    }

    public static TheoryData<string> StandardReports() =>
        [.. Directory.GetFiles(TestData.Path("bounces-sisimai", "eml"), "*.eml").Order().Where(IsStandardReport).Select(path => Path.GetFileName(path))];

    [Theory]
    [MemberData(nameof(StandardReports))]
    public void Finds_every_final_recipient_of_real_reports(string file)
    {
        var bytes = File.ReadAllBytes(TestData.Path("bounces-sisimai", "eml", file));

        Assert.True(DeliveryStatusReport.TryRead(MimeReader.Read(bytes), out var status));

        Assert.Equal(FinalRecipients(bytes).Order(), status.Recipients.Select(recipient => recipient.FinalRecipient).OfType<string>().Select(Plain).Order());
    }

    [Theory]
    [InlineData("is-not-bounce-01.eml")]
    [InlineData("is-not-bounce-02.eml")]
    public void Finds_none_where_there_is_none(string file)
    {
        var message = MimeReader.Read(File.ReadAllBytes(TestData.Path("bounces-sisimai", "not-a-bounce", file)));

        Assert.False(DeliveryStatusReport.TryRead(message, out _));
    }

    // The oracle: a plain search through the lines of the file.
    private static List<string> FinalRecipients(byte[] message) =>
        [.. Encoding.Latin1.GetString(message).Split('\n')
            .Where(line => line.StartsWith("Final-Recipient:", StringComparison.OrdinalIgnoreCase))
            .Select(line => Plain(line[(line.IndexOfAny([';', ':'], 16) + 1)..]))];

    private static string Plain(string address) => address.Trim().Trim('<', '>').Trim();

    // One report in a message that says so; not messages that quote or forward another report.
    private static bool IsStandardReport(string path)
    {
        var text = File.ReadAllText(path, Encoding.Latin1).Replace("\r\n", "\n", StringComparison.Ordinal);
        var header = text[..text.IndexOf("\n\n", StringComparison.Ordinal)];
        return header.Contains("multipart/report", StringComparison.OrdinalIgnoreCase)
            && text.Split("\nContent-Type: message/delivery-status", StringSplitOptions.None).Length == 2
            && text.Contains("\nFinal-Recipient:", StringComparison.OrdinalIgnoreCase);
    }

    private static RecipientReport Failed(string address) => new()
    {
        FinalRecipient = Mailbox.Parse(address),
        Action = DeliveryAction.Failed,
        Status = EnhancedStatusCode.Parse("5.1.1"),
    };

    private static DeliveryStatusReport Report(params IReadOnlyList<RecipientReport> recipients) => new()
    {
        ReportingMta = "relay.example.com",
        From = Mailbox.Parse("MAILER-DAEMON@relay.example.com"),
        To = Mailbox.Parse("sender@example.com"),
        Date = Now,
        MessageId = "<d1@relay.example.com>",
        Recipients = recipients,
    };

    private static async Task<byte[]> WriteAsync(DeliveryStatusReport report)
    {
        using var output = new MemoryStream();
        await report.WriteAsync(output, CancellationToken.None);
        return output.ToArray();
    }
}

using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Reports without machine-readable parts, and what only looks like one.</summary>
public sealed class ReportReaderTests
{
    [Theory]
    [InlineData("postmaster@mail.example.net", "Undeliverable Mail", "Unknown user: lost@example.net\n\nRCPT TO generated following response:\n553 5.3.0 Addressee unknown\n")]
    [InlineData("MAILER-DAEMON@example.net", "Mail failed", "--- Failed addresses follow: ---\n lost@example.net ... unknown host\n--- Message text follows: ---\nHello\n")]
    [InlineData("MAILER-DAEMON@example.net", "Returned mail", "The following mail has been returned because of an error.\nIntended recipient: lost@example.net\n")]
    [InlineData("Mail_Service@example.net", "Delivery failure notification", "Your message could not be delivered to the following recipients:\n\nlost@example.net\n")]
    [InlineData("postmaster@example.fr", "Non remis", "Votre message n'a pas pu être remis aux destinataires suivants :\n\nlost@example.net\n")]
    [InlineData("postmaster@example.de", "Unzustellbar: Hallo", "Ihre Nachricht konnte nicht zugestellt werden:\n\n<lost@example.net>: Benutzer unbekannt\n")]
    [InlineData("postmaster@example.es", "Error de entrega", "No se pudo entregar el mensaje a:\n<lost@example.net>\n")]
    [InlineData("postmaster@example.it", "Mancata consegna", "Non è stato consegnato a:\n<lost@example.net>\n")]
    [InlineData("postmaster@example.com.br", "Falha na entrega", "A mensagem não pôde ser entregue a:\n<lost@example.net>\n")]
    [InlineData("postmaster@example.nl", "Onbestelbaar bericht", "Het bericht kon niet worden bezorgd:\n<lost@example.net>\n")]
    [InlineData("postmaster@example.jp", "メールエラー通知", "送信できませんでした。\n<lost@example.net>\n")]
    [InlineData("postmaster@example.cn", "退信", "您的邮件无法投递到以下地址：\n<lost@example.net>\n")]
    public void A_refusal_in_words_is_read(string from, string subject, string text)
    {
        var report = Read(from, subject, text);

        Assert.Equal(ReportKind.Delivery, report.Kind);
        Assert.Equal("lost@example.net", Assert.Single(report.Recipients).FinalRecipient);
    }

    [Theory]
    [InlineData("no-reply@shop.example.com", "Your parcel could not be delivered", "The parcel could not be delivered to your address. Choose another day.\n")]
    [InlineData("noreply@service.example.com", "Payment failed", "Your payment has failed. Write to help@service.example.com.\n")]
    [InlineData("postmaster@example.net", "Your mailbox is nearly full", "Your mailbox anna@example.net is at 95 % of its size.\n")]
    [InlineData("postmaster@example.net", "Quarantine summary", "These messages wait for you:\n\nspammer@example.com  Win a prize\n")]
    [InlineData("postmaster@example.net", "Delivery status notification", "Your message was successfully delivered to:\n<anna@example.net>\n")]
    [InlineData("anna@example.net", "Re: Undeliverable mail", "Here is what I got: could not be delivered to the following address:\n\nlost@example.net\n")]
    [InlineData("anna@example.net", "Delivery failure", "Can you help? It says: <lost@example.net>: no such user. It could not be delivered.\n")]
    [InlineData("friends-bounces@lists.example.org", "Your message awaits moderator approval", "Your mail is being held until the moderator can review it.\n")]
    [InlineData("newsletter@example.com", "News", "If this message could not be displayed, look at it in the browser. Original message below.\n")]
    public void What_only_sounds_like_one_is_none(string from, string subject, string text) =>
        Assert.NotEqual(ReportKind.Delivery, Read(from, subject, text).Kind);

    [Theory]
    [InlineData("did not reach the following recipient(s):\n\nc=US;a= ;p=X;dda:SMTP=lost@example.net; on Fri, 4 Oct 2002\n    The recipient name is not recognized\n")]
    [InlineData("<lost@example.net>:\nNo mailbox here by that name.\n\n--- Below this line is a copy of the message.\n\n<other@example.net>:\nis part of that message\n")]
    public void Only_what_is_named_as_failed_is_a_recipient(string text) =>
        Assert.Equal("lost@example.net", Assert.Single(Read("postmaster@example.net", "Undeliverable: Hello", "Your message\n\n  To: team@example.org\n\n" + text).Recipients).FinalRecipient);

    [Fact]
    public void The_address_a_failed_one_was_made_from_is_the_original()
    {
        var report = Read("MAILER-DAEMON@example.net", "Mail delivery failed", "The following address(es) failed:\n\n  lost@inner.example.net\n    (generated from team@example.net)\n    unknown user\n");

        var recipient = Assert.Single(report.Recipients);
        Assert.Equal(("lost@inner.example.net", "team@example.net"), (recipient.FinalRecipient, recipient.OriginalRecipient));
    }

    [Theory]
    [InlineData("Your message to <lost@example.net> was automatically rejected:\nQuota exceeded\n", ReportKind.Delivery)]
    [InlineData("Your message was deleted without being read.\n", ReportKind.None)]
    public void A_filter_refuses_by_a_disposition_notification(string text, ReportKind kind)
    {
        var report = Read("anna@example.net", "Your message", $"""
            --x
            Content-Type: text/plain

            {text}
            --x
            Content-Type: message/disposition-notification

            Reporting-UA: mail; filter
            Final-Recipient: rfc822; lost@example.net
            Disposition: automatic-action/MDN-sent-automatically; deleted

            --x--

            """, "multipart/report; report-type=disposition-notification; boundary=x");

        Assert.Equal(kind, report.Kind);
        Assert.Equal(kind == ReportKind.Delivery ? ["lost@example.net"] : [], report.Recipients.Select(recipient => recipient.FinalRecipient!));
    }

    [Fact]
    public void A_group_for_each_try_is_one_recipient()
    {
        const string group = "\r\nFinal-Recipient: rfc822; <lost@example.net>\r\nAction: failed\r\nStatus: 5.1.1\r\n";
        var report = Read(
            "MAILER-DAEMON@example.net",
            "Returned mail",
            "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n" + group + group.Replace("lost", "Lost", StringComparison.Ordinal) + "\r\n--x--\r\n",
            "multipart/report; report-type=delivery-status; boundary=x");

        Assert.Equal("lost@example.net", Assert.Single(report.Recipients).FinalRecipient);
    }

    private static IncomingReport Read(string from, string subject, string text, string type = "text/plain; charset=utf-8") => ReportReader.Read(Encoding.UTF8.GetBytes(
        $"From: {from}\r\nTo: sender@example.com\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: {type}\r\n\r\n{text.ReplaceLineEndings("\r\n")}"));
}

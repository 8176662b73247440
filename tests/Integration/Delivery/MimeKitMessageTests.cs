using System.Text;
using MimeKit;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>MimeKit reads what the composer wrote, and gets back what it was given.</summary>
public sealed class MimeKitMessageTests
{
    private const string LongSubject =
        "Überweisung für Zoë – 日本語の件名 with a long tail of plain words, so that the field folds more than once and the encoded words lie on several lines 🎉";

    private static readonly byte[] Picture = [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task Names_and_subject_of_any_script_come_back()
    {
        var message = await ReadAsync(Composer() with { Text = "Hello\n" });

        Assert.Equal(LongSubject, message.Subject);
        Assert.Equal([("Jürgen \"Jupp\" Müller, Köln", "sender@example.com")], Mailboxes(message.From));
        Assert.Equal([("山田太郎", "taro@example.net"), ("O'Neil (Sales)", "oneil@example.net"), ("", "bare@example.net")], Mailboxes(message.To));
        Assert.Equal([(new string('ü', 120), "long@example.net")], Mailboxes(message.Cc));
        Assert.Equal("1.abc@relay.example.com", message.MessageId);
        Assert.Equal(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.FromHours(1)), message.Date);
        Assert.Equal("Größe 42", message.Headers["X-Order"]);
    }

    [Theory]
    [InlineData("Hello\n")]
    [InlineData("Grüße\n\n.dot\n..dots\nFrom here\ntrailing space \n")]
    [InlineData("no line end")]
    [InlineData("日本語 🎉 = equals\ttab\n")]
    [InlineData("")]
    public async Task Text_and_html_come_back(string text)
    {
        var html = $"<p>{text}</p>" + new string('x', 3000) + "\n";
        var message = await ReadAsync(Composer() with { Text = text, Html = html });

        Assert.Equal("multipart/alternative", message.Body!.ContentType.MimeType);

        // Text is lines, so the last one is ended, too.
        Assert.Equal(text.EndsWith('\n') ? text : text + "\n", message.TextBody!.ReplaceLineEndings("\n"));
        Assert.Equal(html, message.HtmlBody!.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Attachments_and_inline_images_come_back_octet_by_octet()
    {
        var composer = Composer() with
        {
            Text = "see the files\n",
            Html = "<img src=\"cid:logo@example.com\">",
            Attachments =
            [
                new MessageAttachment { FileName = "Rechnung für März – Größe.pdf", ContentType = "application/pdf", Content = Picture },
                new MessageAttachment { FileName = "logo.png", ContentType = "image/png", Content = Picture.AsMemory(0, 100), ContentId = "logo@example.com" },
                new MessageAttachment { FileName = "empty \"quoted\".bin" },
                new MessageAttachment { FileName = "notes.txt", ContentType = "text/plain; charset=utf-8", Content = Encoding.UTF8.GetBytes("ä\nb\r\n") },
                new MessageAttachment { FileName = "mail.eml", ContentType = "message/rfc822", Content = "From: a@example.com\r\n\r\ninner\r\n"u8.ToArray() },
            ],
        };

        var message = await ReadAsync(composer);

        var mixed = Assert.IsType<Multipart>(message.Body);
        Assert.Equal(
            ["multipart/alternative", "application/pdf", "application/octet-stream", "text/plain", "message/rfc822"], mixed.Select(part => part.ContentType.MimeType));
        var related = Assert.IsType<MultipartRelated>(Assert.IsType<MultipartAlternative>(mixed[0])[1]);
        var image = Assert.IsType<MimePart>(related[1]);
        Assert.Equal("logo@example.com", image.ContentId);
        Assert.Equal(Picture[..100], Decoded(image));
        Assert.Equal(
            ["Rechnung für März – Größe.pdf", "empty \"quoted\".bin", "notes.txt", "mail.eml"],
            mixed.Skip(1).Select(part => part.ContentDisposition?.FileName));
        Assert.Equal([Picture, [], Encoding.UTF8.GetBytes("ä\nb\r\n")], mixed.Skip(1).OfType<MimePart>().Select(Decoded));
        Assert.Equal("inner\r\n", Assert.IsType<TextPart>(Assert.IsType<MessagePart>(mixed[4]).Message!.Body).Text.ReplaceLineEndings("\r\n"));
    }

    private static ComposerOf Composer() => new()
    {
        From = Named("Jürgen \"Jupp\" Müller, Köln", "sender@example.com"),
        To = [Named("山田太郎", "taro@example.net"), Named("O'Neil (Sales)", "oneil@example.net"), Named(null, "bare@example.net")],
        Cc = [Named(new string('ü', 120), "long@example.net")],
    };

    private static NamedMailbox Named(string? name, string address) => new(name, Mailbox.Parse(address));

    private static IEnumerable<(string, string)> Mailboxes(InternetAddressList list) => list.Mailboxes.Select(mailbox => (mailbox.Name ?? "", mailbox.Address));

    private static byte[] Decoded(MimePart part)
    {
        using var content = new MemoryStream();
        part.Content?.DecodeTo(content);
        return content.ToArray();
    }

    private static async Task<MimeMessage> ReadAsync(ComposerOf given)
    {
        var composer = new MessageComposer
        {
            From = given.From,
            To = given.To,
            Cc = given.Cc,
            Subject = LongSubject,
            Text = given.Text,
            Html = given.Html,
            Attachments = given.Attachments,
            Headers = [new("X-Order", "Größe 42")],
            Date = new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.FromHours(1)),
            MessageId = "<1.abc@relay.example.com>",
        };
        using var stream = new MemoryStream();
        await composer.WriteAsync(stream, CancellationToken.None);
        stream.Position = 0;
        return await MimeMessage.LoadAsync(stream);
    }

    private sealed record ComposerOf
    {
        public required NamedMailbox From { get; init; }

        public IReadOnlyList<NamedMailbox> To { get; init; } = [];

        public IReadOnlyList<NamedMailbox> Cc { get; init; } = [];

        public string? Text { get; init; }

        public string? Html { get; init; }

        public IReadOnlyList<MessageAttachment> Attachments { get; init; } = [];
    }
}

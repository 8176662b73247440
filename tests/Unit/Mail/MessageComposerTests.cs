using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MessageComposerTests
{
    private static readonly DateTimeOffset Date = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Image = [0x89, (byte)'P', (byte)'N', (byte)'G', 0, 1, 2, 3];

    [Fact]
    public async Task Text_alone_is_one_plain_part()
    {
        var message = await ComposeAsync(Composer(text: "Hello\nworld"));

        Assert.Equal("text/plain", message.MediaType);
        Assert.Equal("7bit", message.TransferEncoding);
        Assert.Equal("Hello\r\nworld\r\n", message.GetText());
        Assert.Equal("Sun, 1 Mar 2026 12:00:00 +0000", message.Header.Value("Date"));
        Assert.Equal("<m1@relay.example.com>", message.Header.Value("Message-ID"));
        Assert.Equal("1.0", message.Header.Value("MIME-Version"));
    }

    [Fact]
    public async Task Nests_mixed_alternative_and_related()
    {
        var message = await ComposeAsync(Composer(
            "text", "<img src=\"cid:logo\">",
            new MessageAttachment { FileName = "logo.png", ContentType = "image/png", Content = Image, ContentId = "logo" },
            new MessageAttachment { FileName = "Übersicht.bin", Content = Image }));

        Assert.Equal(
            ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png", "application/octet-stream"],
            message.SelfAndDescendants().Select(part => part.MediaType));
        var inline = message.SelfAndDescendants().ElementAt(5);
        Assert.Equal("logo", inline.ContentId);
        Assert.Equal("inline", inline.Disposition);
        Assert.Equal(Image, inline.GetContent());
        var attached = message.SelfAndDescendants().Last();
        Assert.Equal("attachment", attached.Disposition);
        Assert.Equal("Übersicht.bin", attached.FileName);
    }

    [Fact]
    public async Task Inline_without_html_is_an_attachment_of_the_text()
    {
        var message = await ComposeAsync(Composer("text", null, new MessageAttachment { FileName = "a.png", Content = Image, ContentId = "a" }));

        Assert.Equal(["multipart/mixed", "text/plain", "application/octet-stream"], message.SelfAndDescendants().Select(part => part.MediaType));
    }

    [Fact]
    public async Task Equal_attachments_are_all_sent()
    {
        var attachment = new MessageAttachment { FileName = "a", Content = Image };

        var message = await ComposeAsync(Composer("text", null, attachment, attachment));

        Assert.Equal(3, message.Children.Count);
    }

    [Theory]
    [InlineData("plain ascii", "7bit")]
    [InlineData("ein bißchen mehr als nur ASCII, aber nicht viel davon", "quoted-printable")]
    [InlineData("日本語だけの文章です", "base64")]
    [InlineData("nul \0 inside of ASCII text", "quoted-printable")]
    public async Task Chooses_the_transfer_encoding_by_content(string text, string encoding)
    {
        var message = await ComposeAsync(Composer(text));

        Assert.Equal(encoding, message.TransferEncoding);
        Assert.Equal(text + "\r\n", message.GetText());
    }

    [Fact]
    public async Task No_line_is_over_998_octets()
    {
        var composer = new MessageComposer
        {
            From = Named("Jörg " + new string('x', 300), "from@example.com"),
            To = [.. Enumerable.Range(0, 200).Select(i => Named($"Recipient {i}", $"user{i}@example.com"))],
            Subject = new string('s', 3000),
            Text = new string('t', 5000),
            Html = "<p>" + new string('ä', 5000) + "</p>",
            Attachments = [new MessageAttachment { FileName = new string('ü', 400), Content = new byte[5000] }],
            Headers = [new("X-Long", new string('h', 4000))],
            Date = Date,
            MessageId = "<m1@relay.example.com>",
        };

        var bytes = await WriteAsync(composer);

        Assert.All(Encoding.UTF8.GetString(bytes).Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
        var message = MimeReader.Read(bytes);
        Assert.Equal(composer.Subject, message.Header.Text("Subject"));
        Assert.Equal(composer.To, message.Header.Addresses("To"));
        Assert.Equal(new string('ü', 400), message.Children[1].FileName);
    }

    [Fact]
    public async Task Nothing_can_inject_a_field_or_a_part()
    {
        const string Evil = "x\r\nBcc: evil@example.net\r\n\r\nbody";
        var composer = new MessageComposer
        {
            From = Named(Evil, "from@example.com"),
            To = [Named(Evil, "to@example.com")],
            Subject = Evil,
            Text = "t",
            Headers = [new("X-Tag", Evil)],
            Attachments = [new MessageAttachment { FileName = Evil, ContentType = "text/plain\r\nBcc: evil@example.net", Content = Image }],
            Date = Date,
            MessageId = "<m1@relay.example.com>",
        };

        var bytes = await WriteAsync(composer);

        var message = MimeReader.Read(bytes);
        Assert.False(message.Header.Contains("Bcc"));
        Assert.All(message.Children, part => Assert.False(part.Header.Contains("Bcc")));
        Assert.Equal(2, message.Children.Count);
        Assert.DoesNotContain(Encoding.UTF8.GetString(bytes).Split("\r\n"), line => line.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("From")]
    [InlineData("bcc")]
    [InlineData("Content-Type")]
    [InlineData("DKIM-Signature")]
    [InlineData("Received")]
    [InlineData("X Y")]
    [InlineData("X:Y")]
    [InlineData("X\r\nBcc")]
    [InlineData("")]
    public async Task Refuses_fields_that_are_not_the_callers(string name)
    {
        var composer = new MessageComposer
        {
            From = Named(null, "from@example.com"),
            Headers = [new(name, "x")],
            Date = Date,
            MessageId = "<m1@relay.example.com>",
        };

        Assert.False(MessageComposer.IsAllowedField(name));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(composer));
    }

    [Fact]
    public async Task Refuses_broken_identifiers()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(new MessageComposer
        {
            From = Named(null, "from@example.com"),
            Date = Date,
            MessageId = "<a@b>\r\nBcc: x",
        }));
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(
            Composer("t", "h", new MessageAttachment { FileName = "a", ContentId = "x>\r\nBcc: y" })));
    }

    [Fact]
    public async Task Non_ascii_addresses_are_written_as_utf8_and_announced()
    {
        var composer = new MessageComposer
        {
            From = Named("A", "from@example.com"),
            To = [Named(null, "δοκιμή@example.com")],
            Text = "x",
            Date = Date,
            MessageId = "<m1@relay.example.com>",
        };

        var message = await ComposeAsync(composer);

        Assert.True(composer.NeedsSmtpUtf8);
        Assert.Equal("δοκιμή@example.com", message.Header.Value("To"));
        Assert.False(Composer("x").NeedsSmtpUtf8);
    }

    [Fact]
    public async Task Streams_are_opened_when_written()
    {
        var content = new byte[100_000];
        new Random(2).NextBytes(content);
        var message = await ComposeAsync(Composer("t", null, new MessageAttachment
        {
            FileName = "big",
            OpenContent = _ => ValueTask.FromResult<Stream>(new MemoryStream(content)),
        }));

        Assert.Equal(content, message.Children[1].GetContent());
    }

    [Fact]
    public async Task Attached_messages_keep_their_type_only_when_clean()
    {
        var clean = new MessageAttachment { FileName = "a.eml", ContentType = "message/rfc822", Content = "Subject: inner\r\n\r\nx\r\n"u8.ToArray() };
        var dirty = clean with { Content = "Subject: inner\r\n\r\n\xc3\xa9\r\n"u8.ToArray() };

        var message = await ComposeAsync(Composer("t", null, clean, dirty));

        Assert.Equal("inner", message.Children[1].Children[0].Header.Text("Subject"));
        Assert.Equal("application/octet-stream", message.Children[2].MediaType);
        Assert.Equal(dirty.Content.ToArray(), message.Children[2].GetContent());
    }

    [Fact]
    public async Task Without_recipients_says_so()
    {
        var message = await ComposeAsync(new MessageComposer { From = Named(null, "from@example.com"), Date = Date, MessageId = "<m1@relay.example.com>" });

        Assert.Equal("undisclosed-recipients:;", message.Header.Value("To"));
        Assert.Equal("text/plain", message.MediaType);
    }

    private static MessageComposer Composer(string text, string? html = null, params IReadOnlyList<MessageAttachment> attachments) => new()
    {
        From = Named("Relay", "from@example.com"),
        To = [Named(null, "to@example.com")],
        Subject = "Test",
        Text = text,
        Html = html,
        Attachments = attachments,
        Date = Date,
        MessageId = "<m1@relay.example.com>",
    };

    private static NamedMailbox Named(string? name, string address) => new(name, Mailbox.Parse(address));

    private static async Task<MimeEntity> ComposeAsync(MessageComposer composer) => MimeReader.Read(await WriteAsync(composer));

    private static async Task<byte[]> WriteAsync(MessageComposer composer)
    {
        using var output = new MemoryStream();
        await composer.WriteAsync(output, CancellationToken.None);
        return output.ToArray();
    }
}

using System.Text;
using MailKit.Security;
using MimeKit;
using MimeKit.Utils;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Mail as MimeKit composes it goes through the relay: behind what the relay prepends, every octet is MimeKit's.</summary>
[Collection(ForwardingCollection.Name)]
public sealed class MimeKitContentTests(ForwardingRelay forwarding)
{
    public static TheoryData<string, bool, bool> Cases()
    {
        var cases = new TheoryData<string, bool, bool>();
        foreach (var kind in (string[])["headers", "international", "flowed", "nested", "long-lines", "forwarded", "eight-bit", "signed-parts"])
        {
            foreach (var byChunks in (bool[])[false, true])
            {
                cases.Add(kind, byChunks, false);
                cases.Add(kind, byChunks, true);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Arrives_byte_identical(string kind, bool byChunks, bool fixesUp)
    {
        var recipient = $"{kind}-{byChunks}-{fixesUp}@example.net".ToLowerInvariant();
        var message = Compose(kind, recipient);
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.International = kind == "international";
        using var client = await MailKitSession.ConnectedAsync(
            fixesUp ? forwarding.Relay.SmtpPort : forwarding.ExactPort, SecureSocketOptions.None, byChunks);

        await client.SendAsync(format, message);

        // The client prepares the message for the transport; what it is after that went out.
        using var sent = new MemoryStream();
        await message.WriteToAsync(format, sent);
        var arrived = await forwarding.ArrivedAsync(recipient);
        Assert.True(arrived.Content.AsSpan().EndsWith(sent.ToArray()), $"sent:\n{Encoding.UTF8.GetString(sent.ToArray())}\narrived:\n{arrived.Text}");
        var prepended = Encoding.UTF8.GetString(arrived.Content[..^(int)sent.Length]);
        Assert.Equal(
            ["DKIM-Signature", "DKIM-Signature", "Received"],
            prepended.Split("\r\n").Where(line => line.Length > 0 && line[0] is not (' ' or '\t')).Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal));
    }

    private static MimeMessage Compose(string kind, string recipient)
    {
        var message = new MimeMessage();
        message.From.Add(new MailboxAddress("Jürgen Müller", kind == "international" ? "jürgen@example.com" : "sender@example.com"));
        message.To.Add(new MailboxAddress("山田太郎", recipient));
        message.Subject = "Grüße – 日本語の件名 with a tail so long that the field has to fold once or twice, whatever its encoding is";
        message.MessageId = MimeUtils.GenerateMessageId("example.com");
        message.Headers.Add("X-Empty", "");
        message.Headers.Add("X-Spaces", "  two  spaces   and a tab\t");
        message.Body = kind switch
        {
            "flowed" => Flowed(),
            "nested" => Nested(),
            "long-lines" => new TextPart("plain") { Text = new string('x', 998) + "\n" + new string('y', 5000) + "\n.\n", ContentTransferEncoding = ContentEncoding.SevenBit },
            "forwarded" => new Multipart("mixed") { new TextPart("plain") { Text = "see below\n" }, new MessagePart { Message = Inner() } },
            "eight-bit" => new TextPart("plain") { Text = "Käse\n.ÿ\n\n\n", ContentTransferEncoding = ContentEncoding.EightBit },
            "signed-parts" => new Multipart("signed") { new TextPart("plain") { Text = "trailing space \n-- \nname\n" }, new MimePart("application", "pgp-signature") },
            _ => new TextPart("plain") { Text = "Hello\n.\n..\nFrom me\n" },
        };
        return message;
    }

    private static TextPart Flowed()
    {
        var part = new TextPart("plain") { Text = "This line flows \ninto the next \nand ends here.\n\n > quoted\n-- \nsignature\n", ContentTransferEncoding = ContentEncoding.SevenBit };
        part.ContentType.Parameters.Add("format", "flowed");
        part.ContentType.Parameters.Add("delsp", "yes");
        return part;
    }

    private static Multipart Nested()
    {
        var inner = new MultipartAlternative { new TextPart("plain") { Text = "plain\n" }, new MultipartRelated { new TextPart("html") { Text = "<b>ü</b>\n" } } };
        var outer = new Multipart("mixed") { Preamble = "This is a preamble.\n", Epilogue = "\nThis is an epilogue.\n\n" };
        outer.Add(new Multipart("mixed") { new Multipart("mixed") { inner }, new Multipart("digest") { new MessagePart { Message = Inner() } } });
        outer.Add(new MimePart("application", "octet-stream")
        {
            Content = new MimeContent(new MemoryStream([.. Enumerable.Range(0, 5000).Select(i => (byte)i)])),
            ContentTransferEncoding = ContentEncoding.Base64,
            FileName = "Größe – 日本.bin",
        });
        return outer;
    }

    private static MimeMessage Inner()
    {
        var message = new MimeMessage { Subject = "inner", Body = new TextPart("plain") { Text = "inner body\n" } };
        message.From.Add(new MailboxAddress("", "inner@example.org"));
        return message;
    }
}

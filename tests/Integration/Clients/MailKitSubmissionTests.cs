using System.Globalization;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What MailKit asks for at the door, and what of it arrives at the next hop.</summary>
[Collection(ForwardingCollection.Name)]
public sealed class MailKitSubmissionTests(ForwardingRelay forwarding)
{
    private int Port => forwarding.Relay.SmtpPort;

    [Fact]
    public async Task Wishes_for_delivery_reports_go_on_to_the_next_hop()
    {
        using var client = MailKitSession.Create(DeliveryStatusNotification.Success | DeliveryStatusNotification.Delay, "order+17 =x");
        client.DeliveryStatusNotificationType = DeliveryStatusNotificationType.HeadersOnly;
        await client.ConnectAsync("127.0.0.1", Port, SecureSocketOptions.None);

        await client.SendAsync(MailKitSession.Message("reports+a=b@example.net"));

        var arrived = await forwarding.ArrivedAsync("reports+a=b@example.net");
        Assert.Contains("RET=HDRS", arrived.MailParameters, StringComparison.Ordinal);
        Assert.Contains(" ENVID=" + SaidBy(client, "ENVID="), " " + arrived.MailParameters, StringComparison.Ordinal);
        Assert.Contains("NOTIFY=SUCCESS,DELAY", arrived.RecipientParameters[0], StringComparison.Ordinal);
        Assert.Contains("ORCPT=rfc822;reports+2Ba+3Db@example.net", arrived.RecipientParameters[0], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task International_addresses_and_header_fields_arrive_as_they_were_given()
    {
        var message = MailKitSession.Message("empfänger@bücher.example");
        message.From.Clear();
        message.From.Add(new MailboxAddress("Jürgen Müller", "jürgen@example.com"));
        message.Subject = "Grüße an π";
        var international = FormatOptions.Default.Clone();
        international.International = true;
        using var client = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.None);

        await client.SendAsync(international, message);

        var arrived = await forwarding.ArrivedAsync("empfänger@xn--bcher-kva.example");
        Assert.Equal("jürgen@example.com", arrived.ReversePath);
        Assert.Contains("SMTPUTF8", arrived.MailParameters, StringComparison.Ordinal);
        Assert.Contains("Subject: Grüße an π\r\n", arrived.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Required_tls_is_offered_under_tls_alone_and_asked_of_the_next_hop()
    {
        using var clear = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.None);
        Assert.False(clear.Capabilities.HasFlag(SmtpCapabilities.RequireTLS));
        using var client = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.StartTls);
        client.RequireTLS = true;

        await client.SendAsync(MailKitSession.Message("secret@example.net"));

        Assert.Contains("REQUIRETLS", SaidBy(client, "MAIL FROM:"), StringComparison.Ordinal);
        var arrived = await forwarding.ArrivedAsync("secret@example.net");
        Assert.Contains("REQUIRETLS", arrived.MailParameters, StringComparison.Ordinal);
        Assert.True(arrived.IsEncrypted);
    }

    [Fact]
    public async Task Of_many_pipelined_recipients_each_has_its_own_answer()
    {
        // 110 recipients of which every tenth is refused leave 99; the limit is 100.
        var recipients = Enumerable.Range(0, 110)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"many{i}@{(i % 10 == 3 ? "[192.0.2.1]" : "example.net")}"))
            .ToList();
        using var client = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.None);

        await client.SendAsync(MailKitSession.Message(recipients));

        Assert.True(client.Capabilities.HasFlag(SmtpCapabilities.Pipelining));
        Assert.Equal(recipients.Where(address => address.Contains('[', StringComparison.Ordinal)), client.RefusedRecipients.Select(refused => refused.Recipient));
        Assert.All(client.RefusedRecipients, refused => Assert.StartsWith("5.1.", refused.Reply.Response, StringComparison.Ordinal));
        foreach (var taken in recipients.Where(address => !address.Contains('[', StringComparison.Ordinal)))
        {
            await forwarding.ArrivedAsync(taken);
        }
    }

    [Fact]
    public async Task Recipients_over_the_limit_are_put_off_and_the_others_taken()
    {
        var recipients = Enumerable.Range(0, 103).Select(i => string.Create(CultureInfo.InvariantCulture, $"limit{i}@example.net")).ToList();
        using var client = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.None);

        await client.SendAsync(MailKitSession.Message(recipients));

        Assert.Equal(["limit100@example.net", "limit101@example.net", "limit102@example.net"], client.RefusedRecipients.Select(refused => refused.Recipient));
        Assert.All(client.RefusedRecipients, refused => Assert.Equal(SmtpStatusCode.InsufficientStorage, refused.Reply.StatusCode));
        await forwarding.ArrivedAsync("limit99@example.net");
    }

    [Theory]
    [InlineData("data")]
    [InlineData("bdat")]
    public async Task A_session_carries_several_messages_also_after_one_was_refused(string by)
    {
        using var client = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.StartTls, by == "bdat");

        await client.SendAsync(MailKitSession.Message(by + "1@example.net"));
        await Assert.ThrowsAsync<SmtpCommandException>(() => client.SendAsync(MailKitSession.Message(by + "2@[192.0.2.1]")));
        await client.SendAsync(MailKitSession.Message(by + "3@example.net"));
        await client.NoOpAsync();
        await client.SendAsync(MailKitSession.Message(by + "4@example.net"));
        await client.DisconnectAsync(true);

        foreach (var number in new[] { 1, 3, 4 })
        {
            var arrived = await forwarding.ArrivedAsync(string.Create(CultureInfo.InvariantCulture, $"{by}{number}@example.net"));
            Assert.EndsWith("\r\n\r\nHello\r\n.a dot\r\n..two\r\n", arrived.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(SecureSocketOptions.None, false)]
    [InlineData(SecureSocketOptions.None, true)]
    [InlineData(SecureSocketOptions.StartTls, false)]
    [InlineData(SecureSocketOptions.StartTls, true)]
    public async Task A_large_message_arrives_whole(SecureSocketOptions security, bool byChunks)
    {
        var recipient = $"large-{security}-{byChunks}@example.net".ToLowerInvariant();
        var octets = new byte[9_000_000];
        new Random(1).NextBytes(octets);
        var message = MailKitSession.Message(recipient);
        message.Body = new MimePart("application", "octet-stream") { Content = new MimeContent(new MemoryStream(octets)), ContentTransferEncoding = ContentEncoding.Base64 };
        using var client = await MailKitSession.ConnectedAsync(Port, security, byChunks);

        await client.SendAsync(message);

        Assert.Contains(byChunks ? "C: BDAT " : "C: DATA\r\n", client.Log, StringComparison.Ordinal);
        using var arrived = new MemoryStream((await forwarding.ArrivedAsync(recipient)).Content);
        var part = Assert.IsType<MimePart>((await MimeMessage.LoadAsync(arrived)).Body);
        using var decoded = new MemoryStream();
        await part.Content!.DecodeToAsync(decoded);
        Assert.True(octets.AsSpan().SequenceEqual(decoded.ToArray()));
    }

    [Fact]
    public async Task A_message_over_the_announced_size_is_refused_before_it_is_sent()
    {
        var message = MailKitSession.Message("oversize@example.net");
        using var client = await MailKitSession.ConnectedAsync(Port, SecureSocketOptions.None);
        Assert.Equal(26_214_400u, client.MaxSize);
        message.Body = new MimePart("application", "octet-stream")
        {
            Content = new MimeContent(new MemoryStream(new byte[26_300_000 / 4 * 3])),
            ContentTransferEncoding = ContentEncoding.Base64,
        };

        var refused = await Assert.ThrowsAsync<SmtpCommandException>(() => client.SendAsync(message));

        Assert.Equal(SmtpStatusCode.ExceededStorageAllocation, refused.StatusCode);
        Assert.DoesNotContain("C: DATA", client.Log, StringComparison.Ordinal);
    }

    // The rest of the command, from the given word to the end of word or line.
    private static string SaidBy(MailKitSession client, string word)
    {
        var start = client.Log.IndexOf(word, StringComparison.Ordinal);
        Assert.True(start >= 0, client.Log);
        var rest = client.Log[(start + word.Length)..].Split('\r', '\n')[0];
        return word.EndsWith('=') ? rest.Split(' ')[0] : rest;
    }
}

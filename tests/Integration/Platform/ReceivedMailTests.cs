using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Relay.Dkim;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Mail of strangers for a configured domain, from the door to the application.</summary>
public sealed class ReceivedMailTests : IAsyncLifetime
{
    private const string Key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    private const string Content = "From: Ann <ann@example.net>\r\nTo: box@in.example\r\nSubject: in\r\n\r\nHello in there\r\n";

    private static readonly DkimKey Signer = DkimKeyGenerator.Generate("example.net", "s1", DkimAlgorithm.Ed25519Sha256).Key;

    private readonly RelayProcess _relay = new();
    private readonly ScriptedDnsServer _dns = ZoneServer.Start(new ZoneTable()
        .Txt("example.net", "v=spf1 ip4:127.0.0.1 -all")
        .Txt("_dmarc.example.net", "v=DMARC1; p=reject")
        .Txt(Signer.RecordName, Signer.PublicRecord));

    private WebhookReceiver Receiver { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Receiver = await WebhookReceiver.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_relay.Folder, "inbound.secret"), $"whsec_{Key}\n");
        _relay.Configure(
            $"[retry]\nschedule = [\"1s\"]\n[inbound.\"in.example\"]\nwebhook = \"{Receiver.Url("/mail")}\"\nsecret_file = \"inbound.secret\"\nmax_message_size = \"64KiB\"\n",
            dnsPort: _dns.EndPoint.Port,
            listener: "auth = \"optional\"\nrelay_networks = []");
        await _relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        await Receiver.DisposeAsync();
        await _dns.DisposeAsync();
    }

    [Fact]
    public async Task A_signed_message_of_a_stranger_is_posted_with_its_proofs_and_again_after_trouble()
    {
        Receiver.Answer = _ => Receiver.Received.Count == 1 ? 500 : 200;
        var header = Content.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var bytes = Encoding.ASCII.GetBytes(Content);
        byte[] signed = [.. new DkimSigner().Sign(bytes.AsSpan(0, header), bytes.AsSpan(header), [Signer], TimeProvider.System.GetUtcNow()), .. bytes];

        await SmtpTalk.SubmitAsync(_relay.SmtpPort, "ann@example.net", ["box@in.example", "Other@IN.example"], signed);

        var entry = await _relay.ReachesAsync("box@in.example", "delivered");
        Assert.Equal(2, Receiver.Received.Count);
        var (first, second) = (Receiver.Received[0], Receiver.Received[1]);
        Assert.Equal(("/mail", first.Headers["webhook-id"]), (second.Path, second.Headers["webhook-id"]));
        Assert.Equal(Sign(second), second.Headers["webhook-signature"]);
        var data = JsonDocument.Parse(second.Body).RootElement.GetProperty("data");
        Assert.Equal((entry.Word("messageId"), "in", "Hello in there\r\n"), (data.Word("id"), data.Word("subject"), data.Word("text")));
        Assert.Equal(["box@in.example", "Other@in.example"], data.GetProperty("envelope").GetProperty("to").EnumerateArray().Select(address => address.GetString()));
        Assert.Equal(("127.0.0.1", "client.example.com"), (data.GetProperty("envelope").Word("clientAddress"), data.GetProperty("envelope").Word("hello")));
        var proofs = data.GetProperty("authentication");
        Assert.Equal(
            ("pass", "pass", "pass", "reject"),
            (proofs.GetProperty("spf").Word("result"), proofs.GetProperty("dkim")[0].Word("result"), proofs.GetProperty("dmarc").Word("result"), proofs.GetProperty("dmarc").Word("policy")));
        Assert.EndsWith(Encoding.ASCII.GetString(signed), Encoding.ASCII.GetString(data.GetProperty("raw").GetBytesFromBase64()), StringComparison.Ordinal);
        var deferred = await _relay.EventAsync("box@in.example", "deferred");
        Assert.Equal(("the webhook at 127.0.0.1: answered 500, not 2xx", "system", "@received:in.example"), (deferred.Word("text"), deferred.Word("class"), deferred.Word("site")));
    }

    [Fact]
    public async Task What_is_gone_is_held_and_explained_and_goes_when_it_is_let_go()
    {
        Receiver.Answer = _ => 410;
        await SmtpTalk.SubmitAsync(_relay.SmtpPort, "", ["held@in.example"], Encoding.ASCII.GetBytes("no header, no sender\r\n"));
        var entry = await _relay.ReachesAsync("held@in.example", "held");

        var (_, why) = await _relay.RunAsync("message", "why", entry.Word("messageId")!);
        Assert.Contains("held until an operator releases it: the webhook at 127.0.0.1: answered 410, not 2xx", why, StringComparison.Ordinal);
        Assert.Contains("inbound.\"in.example\"", why, StringComparison.Ordinal);

        Receiver.Answer = _ => 200;
        var (exitCode, output) = await _relay.RunAsync("queue", "release", entry.Word("messageId")!);
        Assert.True(exitCode == 0, output);
        await _relay.ReachesAsync("held@in.example", "delivered");
    }

    [Fact]
    public async Task Nothing_else_is_taken_of_a_stranger()
    {
        var (talk, _) = await SmtpTalk.OpenAsync(_relay.SmtpPort);
        await using (talk)
        {
            await talk.SayAsync("MAIL FROM:<ann@example.net>", "250");
            await talk.SayAsync("RCPT TO:<bob@example.net>", "550 5.7.1");
            await talk.SayAsync("RCPT TO:<box@sub.in.example>", "550 5.7.1");
            await talk.SayAsync("RCPT TO:<bob%example.net@relay.example>", "550 5.7.1");
            await talk.SayAsync("RCPT TO:<box@in.example>", "250");
            await talk.SayAsync("DATA", "354");
            await talk.SendContentAsync(Encoding.ASCII.GetBytes(Content + string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 66))), "552 5.3.4");
            await talk.SayAsync("QUIT", "221");
        }

        Assert.Empty(Receiver.Received);
    }

    private static string Sign(ReceivedHook call)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{call.Headers["webhook-id"]}.{call.Headers["webhook-timestamp"]}.")), .. call.Body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key), signed));
    }
}

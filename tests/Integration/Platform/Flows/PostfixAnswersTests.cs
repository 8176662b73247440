using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>
/// What a real Postfix sends back by its own SMTP client: mailboxes behind it complain and reply by themselves, and somebody on its host makes up bounces.
/// </summary>
public sealed partial class PostfixAnswersTests : IAsyncLifetime
{
    private const string Sender = "news@sender.test";
    private const string Reports = "reports@relay.test";
    private const string PostfixAddress = "127.0.50.2";

    private readonly int _doorPort = LoopbackPorts.Free();
    private readonly ApiWorld _world = new();
    private readonly PostfixReceiver _postfix = new();

    public async Task InitializeAsync()
    {
        _world.Zone.Mx("postfix.test", 10, "mx.postfix.test").Address("mx.postfix.test", PostfixAddress).Mx("sender.test", 10, "mx.dest.test");
        await _world.StartAsync(more: string.Create(CultureInfo.InvariantCulture, $"""
            [local]
            reports = ["{Reports}"]
            [listener.mx]
            endpoint = "127.0.0.1:{_doorPort}"
            auth = "optional"
            relay_networks = []
            """));
        using var client = await _world.ClientAsync("answers");
        await _world.VerifiedDomainAsync(client, "sender.test");
    }

    public async Task DisposeAsync()
    {
        await _postfix.DisposeAsync();
        await _world.DisposeAsync();
    }

    [PeerFact("postfix", "openssl", "python3", NeedsRoot = true)]
    public async Task A_complaint_suppresses_and_the_reply_of_somebody_away_does_not()
    {
        await StartPostfixAsync();
        await SendAsync("complain@postfix.test");
        await SendAsync("away@postfix.test");

        var complained = await _world.Relay.EventAsync("complain@postfix.test", "complained");
        var read = await ReadAsAsync("autoreply");

        Assert.Equal(("abuse", "complaint by feedback report"), (complained.Word("class"), complained.Word("text")));
        Assert.EndsWith("@bounce.sender.test", read.Word("recipient"), StringComparison.Ordinal);
        await _world.Relay.ReachesAsync("away@postfix.test", "delivered");
        await SuppressedAsync("complain@postfix.test", "complaint");
        Assert.DoesNotContain("away@postfix.test", await SuppressionsAsync(), StringComparison.Ordinal);

        await SendAsync("complain@postfix.test");
        await _world.Relay.ReachesAsync("complain@postfix.test", "suppressed");
        await SendAsync("away@postfix.test");
        await Poll.UntilAsync("the second mail is delivered as well", async () =>
            (await _world.Relay.EntriesAsync("away@postfix.test")).Count(entry => entry.Word("state") == "delivered") == 2);
    }

    [PeerFact("postfix", "openssl", NeedsRoot = true)]
    public async Task A_made_up_bounce_changes_nothing()
    {
        await StartPostfixAsync();
        await SendAsync("ben@postfix.test");
        await _world.Relay.ReachesAsync("ben@postfix.test", "delivered");
        await Poll.UntilAsync("Postfix has put it into the mailbox", () => _postfix.Messages("user").Count == 1);
        var mail = Encoding.UTF8.GetString(_postfix.Messages("user")[0]);
        var header = mail[..mail.IndexOf("\n\n", StringComparison.Ordinal)];
        var real = ReturnPath().Match(header).Groups[1].Value;
        var (altered, expired) = (Altered(real), Expired(real));

        // To addresses that are none of ours any more: refused at the door, so that they come back to where they were made up.
        foreach (var forged in (string[])[altered, expired])
        {
            await _postfix.SendmailAsync(forged + "@bounce.sender.test", Bounce("ben@postfix.test", header));
            await Poll.UntilAsync($"{forged} is refused", () =>
                _postfix.Log.Split('\n').Any(line => line.Contains($"to=<{forged}@bounce.sender.test>", StringComparison.Ordinal) && line.Contains("dsn=5.1.1, status=bounced", StringComparison.Ordinal)));
        }

        // To the address for everybody's reports, about such paths: kept for people to see.
        foreach (var forged in (string[])[altered, expired])
        {
            await _postfix.SendmailAsync(Reports, Bounce("ben@postfix.test", header.Replace(real, forged, StringComparison.Ordinal)));
        }

        await Poll.UntilAsync("both are kept", async () => (await _world.Relay.EntriesAsync(Reports)).Count(entry => entry.Word("state") == "captured") == 2);
        await _world.Relay.EventAsync("ben@postfix.test", "reported");
        await _world.Relay.ReachesAsync("ben@postfix.test", "delivered");
        Assert.DoesNotContain("ben@postfix.test", await SuppressionsAsync(), StringComparison.Ordinal);
        await SendAsync("ben@postfix.test");
        await Poll.UntilAsync("the next mail arrives", () => _postfix.Messages("user").Count == 2);

        // The real path is taken from the same host: it was the token that was wrong.
        await _postfix.SendmailAsync(real + "@bounce.sender.test", Bounce("ben@postfix.test", header));
        await SuppressedAsync("ben@postfix.test", "hardBounce");
    }

    private async Task StartPostfixAsync()
    {
        var script = Path.Combine(_postfix.Folder, "answers.py");
        File.Copy(Path.Combine(TestData.Root, "tests", "Integration", "Peers", "answers.py"), script);
        var home = string.Create(CultureInfo.InvariantCulture, $"smtp:[127.0.0.1]:{_doorPort}");
        await _postfix.StartAsync(
            "postfix.test",
            PostfixAddress,
            _world.Sink.Port,
            $$"""
            transport_maps = inline:{ {complain@postfix.test=answers:}, {away@postfix.test=answers:}, {bounce.sender.test={{home}}}, {relay.test={{home}}} }
            answers_destination_recipient_limit = 1
            """,
            string.Create(CultureInfo.InvariantCulture, $$"""
            answers unix - n n - - pipe flags=R user=nobody argv=/usr/bin/env python3 {{script}} {{PostfixAddress}} {{_world.Sink.Port}} ${recipient} ${sender}

            """));
    }

    private Task<string> SendAsync(string recipient) => SmtpTalk.SubmitAsync(
        _world.Relay.SmtpPort, Sender, [recipient], Encoding.ASCII.GetBytes($"From: {Sender}\r\nTo: {recipient}\r\nSubject: hello\r\n\r\nhello\r\n"));

    private async Task<JsonElement> ReadAsAsync(string kind)
    {
        JsonElement? found = null;
        await Poll.UntilAsync($"a report is read as {kind}", async () =>
        {
            var events = (await _world.Relay.GetAsync("/admin/v1/events?kind=delivered&limit=100")).GetProperty("entries").EnumerateArray();
            found = events.Cast<JsonElement?>().FirstOrDefault(e => e!.Value.Word("text")?.StartsWith("read as " + kind, StringComparison.Ordinal) == true);
            return found is not null;
        });
        return found!.Value;
    }

    private async Task<string> SuppressionsAsync() => (await _world.Relay.RunAsync("suppression", "list", "--json")).Output;

    private Task SuppressedAsync(string address, string reason) => Poll.UntilAsync($"{address} is on the list", async () =>
    {
        var list = await SuppressionsAsync();
        return list.Contains(address, StringComparison.Ordinal) && list.Contains(reason, StringComparison.OrdinalIgnoreCase);
    });

    private static string Altered(string localPart) => (localPart[1] == '0' ? "b1" : "b0") + localPart[2..];

    /// <summary>The same, signed with the server's own key, but over since yesterday.</summary>
    private string Expired(string localPart)
    {
        var codec = new ReturnPathCodec(new Keys(KeyRing.LoadOrCreate(Path.Combine(_world.Relay.DataFolder, "master.key"))));
        var token = codec.Decode(localPart);
        Assert.NotNull(token);
        return codec.Encode(token.Message, token.VariantBits, TimeProvider.System.GetUtcNow().AddDays(-2));
    }

    private static string Bounce(string recipient, string header) => $"""
        From: mailer-daemon@postfix.test
        To: {Sender}
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        It could not be delivered.
        --b
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.postfix.test

        Final-Recipient: rfc822; {recipient}
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 no such user

        --b
        Content-Type: text/rfc822-headers

        {header}

        --b--

        """;

    [GeneratedRegex(@"^Return-Path: <(b\w+)@bounce\.sender\.test>", RegexOptions.IgnoreCase)]
    private static partial Regex ReturnPath();

    private sealed class Keys(KeyRing ring) : ITokenKeys
    {
        public (int KeyId, byte[] Key) Current(string purpose) => ring.DeriveCurrent(purpose);

        public byte[]? Find(int keyId, string purpose) => ring.Derive(keyId, purpose);
    }
}

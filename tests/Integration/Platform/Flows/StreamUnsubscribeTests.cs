using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>One-click unsubscribe in mail of applications that merely speak SMTP.</summary>
public sealed partial class StreamUnsubscribeTests : IAsyncLifetime
{
    private readonly int _publicPort = LoopbackPorts.Free();
    private readonly ApiWorld _world = new();
    private readonly HttpClient _browser = new();
    private ApiClient _client = null!;

    public async Task InitializeAsync()
    {
        await _world.StartAsync(
            "requests_per_second = 0",
            string.Create(CultureInfo.InvariantCulture, $"""
                [public]
                endpoint = "127.0.0.1:{_publicPort}"
                public_url = "https://mail.example.com"
                [local]
                reports = ["reports@relay.test"]
                [stream.broadcast]
                one_click = true
                unsubscribe_mailbox = "reports@relay.test"
                [stream.transactional]
                one_click = true
                """));
        _client = await _world.ClientAsync("stream");
        await _world.VerifiedDomainAsync(_client, "sender.test");
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        _client?.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Each_recipient_gets_his_own_link_signed_and_leaving_stops_this_stream_for_him_alone()
    {
        await SubmitAsync("broadcast", "ann@dest.test", "ben@dest.test");
        var (ann, ben) = (await MailAsync("ann@dest.test"), await MailAsync("ben@dest.test"));
        Assert.Equal("ann@dest.test", Assert.Single(ann.Recipients));
        Assert.NotEqual(TokenIn(ann), TokenIn(ben));
        Assert.All(SignaturesOf(ann), signed => Assert.Contains("list-unsubscribe:list-unsubscribe-post", signed, StringComparison.Ordinal));
        Assert.Equal(2, SignaturesOf(ann).Count);

        Assert.Contains("gets mail from this sender", await _browser.GetStringAsync(Url(TokenIn(ann))), StringComparison.Ordinal);
        var waiting = await SubmitLaterAsync("broadcast", "ann@dest.test");
        Assert.Equal(HttpStatusCode.OK, await PostAsync(TokenIn(ann)));
        Assert.Contains("You are unsubscribed", await _browser.GetStringAsync(Url(TokenIn(ann))), StringComparison.Ordinal);

        // What is queued already, what comes later, what is of another stream, what is for somebody else.
        await _world.Relay.RunAsync("queue", "retry", waiting);
        await _world.Relay.ReachesAsync("ann@dest.test", "suppressed");
        await SubmitAsync("broadcast", "ann@dest.test", "ben@dest.test");
        await SubmitAsync("transactional", "ann@dest.test");
        await MailAsync("ben@dest.test", 2);
        var other = await MailAsync("ann@dest.test", 2);
        Assert.Contains("Subject: transactional", other.Text, StringComparison.Ordinal);

        var entry = await _world.Relay.RunAsync("suppression", "list", "--json");
        Assert.Contains("\"stream:broadcast\"", entry.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ben@dest.test", entry.Output, StringComparison.Ordinal);
        await _world.Relay.EventAsync("ann@dest.test", "unsubscribed");
        Assert.Single(await UnsubscribedAsync("ann@dest.test"));

        // Transactional mail has a link of its own stream; leaving that leaves nothing else.
        Assert.Equal(HttpStatusCode.OK, await PostAsync(TokenIn(other)));
        await SubmitAsync("transactional", "ann@dest.test", "ben@dest.test");
        Assert.Contains("Subject: transactional", (await MailAsync("ben@dest.test", 3)).Text, StringComparison.Ordinal);
        Assert.Equal(2, _world.Sink.Messages.Count(message => message.Recipients.Contains("ann@dest.test")));
    }

    [Fact]
    public async Task A_mail_to_the_address_beside_the_link_does_the_same()
    {
        await SubmitAsync("broadcast", "cat@dest.test");
        var mail = await MailAsync("cat@dest.test");
        var token = Regex.Match(mail.Text, "mailto:reports@relay\\.test\\?subject=unsubscribe%20([A-Za-z0-9_-]+)>").Groups[1].Value;

        await SmtpTalk.SubmitAsync(
            _world.Relay.SmtpPort, "cat@dest.test", ["reports@relay.test"],
            Encoding.ASCII.GetBytes($"From: cat@dest.test\r\nTo: reports@relay.test\r\nSubject: unsubscribe {token}\r\n\r\n"));
        await Poll.UntilAsync("the mail is read", async () => (await _world.Relay.RunAsync("suppression", "list", "--json")).Output.Contains("cat@dest.test", StringComparison.Ordinal));

        await _world.Relay.EventAsync("cat@dest.test", "unsubscribed");
        Assert.Single(await UnsubscribedAsync("cat@dest.test"));
    }

    [Fact]
    public async Task E_mails_of_the_api_have_it_too_and_those_that_bring_their_own_keep_it()
    {
        var sent = await _client.PostAsync("/v1/emails", """{"from":"news@sender.test","to":["dan@dest.test","eve@dest.test"],"subject":"s","text":"t","stream":"broadcast"}""");
        Assert.True(sent.Status == 200, sent.Text);
        Assert.NotEqual(TokenIn(await MailAsync("dan@dest.test")), TokenIn(await MailAsync("eve@dest.test")));

        await SubmitWithAsync("List-Unsubscribe: <mailto:own@sender.test>\r\n", "broadcast", "fay@dest.test", "gus@dest.test");
        var own = await MailAsync("fay@dest.test");
        Assert.Equal(2, own.Recipients.Count);
        Assert.DoesNotContain("/u/", own.Text, StringComparison.Ordinal);
    }

    private Task<string> SubmitAsync(string stream, params string[] recipients) => SubmitWithAsync("", stream, recipients);

    private async Task<string> SubmitLaterAsync(string stream, string recipient)
    {
        var at = TimeProvider.System.GetUtcNow().AddHours(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await SubmitWithAsync($"X-Relay-Schedule: {at}\r\n", stream, recipient);
        var entry = await _world.Relay.ReachesAsync(recipient, "scheduled");
        return entry.Word("messageId")!;
    }

    private Task<string> SubmitWithAsync(string more, string stream, params string[] recipients) => SmtpTalk.SubmitAsync(
        _world.Relay.SmtpPort, "news@sender.test", recipients,
        Encoding.ASCII.GetBytes($"X-Relay-Stream: {stream}\r\n{more}From: news@sender.test\r\nTo: all@sender.test\r\nSubject: {stream}\r\n\r\nhello\r\n"));

    private async Task<SinkMessage> MailAsync(string recipient, int number = 1)
    {
        SinkMessage? found = null;
        await Poll.UntilAsync($"mail {number} for {recipient} arrives", () =>
            (found = _world.Sink.Messages.Where(m => m.Recipients.Contains(recipient)).ElementAtOrDefault(number - 1)) is not null);
        return found!;
    }

    private async Task<List<string>> UnsubscribedAsync(string recipient) =>
        [.. (await _world.Relay.GetAsync($"/admin/v1/events?kind=unsubscribed&recipient={recipient}")).GetProperty("entries").EnumerateArray().Select(e => e.Word("messageId")!)];

    private Uri Url(string token) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_publicPort}/u/{token}"));

    private async Task<HttpStatusCode> PostAsync(string token)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("List-Unsubscribe", "One-Click")]);
        using var answer = await _browser.PostAsync(Url(token), form);
        return answer.StatusCode;
    }

    private static string TokenIn(SinkMessage mail) => Token().Match(mail.Text).Groups[1].Value;

    private static List<string> SignaturesOf(SinkMessage mail) =>
        [.. mail.Text.Replace("\r\n\t", "", StringComparison.Ordinal).Replace("\r\n ", "", StringComparison.Ordinal).Split("\r\n")
            .Where(line => line.StartsWith("DKIM-Signature:", StringComparison.Ordinal)).Select(line => line.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant())];

    [GeneratedRegex(@"List-Unsubscribe: <https://mail\.example\.com/u/([A-Za-z0-9_-]+)>")]
    private static partial Regex Token();
}

using System.Globalization;
using System.Text;
using Relay.Dkim;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What a submission asks for in its header block, seen at both ends.</summary>
public sealed class SubmissionHeaderTests
{
    private const string Rest = "From: app@example.com\r\nTo: bob@example.net\r\nSubject: headers\r\nDate: Sat, 21 Nov 2026 14:00:00 +0000\r\n\r\nX-Relay-Tag: body\r\n";

    [Fact]
    public async Task Tags_are_seen_by_operators_and_not_by_the_destination_and_signatures_hold()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = await StartAsync(sink);
        await relay.RunAsync("dkim", "generate", "example.com", "--active");

        await SmtpTalk.SubmitAsync(
            relay.SmtpPort, "app@example.com", ["bob@example.net"],
            Encoding.ASCII.GetBytes("X-Relay-Tag: welcome,\r\n spring\r\nX-Relay-Stream: broadcast\r\nIdempotency-Key: order-7\r\n" + Rest));

        var message = await sink.NextMessageAsync();
        Assert.EndsWith(Rest, message.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Idempotency-Key", message.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("spring", message.Text, StringComparison.Ordinal);
        Assert.Equal([DkimOutcome.Pass, DkimOutcome.Pass], await VerifyAsync(relay, message.Content));
        var entry = await relay.ReachesAsync("bob@example.net", "delivered");
        var facts = await relay.GetAsync($"/admin/v1/messages/{entry.Word("messageId")}");
        Assert.Equal(["welcome", "spring"], facts.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        Assert.Equal(("broadcast", "order-7"), (facts.Word("stream"), facts.Word("idempotencyKey")));
    }

    [Fact]
    public async Task A_scheduled_message_waits_for_its_time()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = await StartAsync(sink);
        var at = TimeProvider.System.GetUtcNow().AddSeconds(5);
        var time = at.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "app@example.com", ["bob@example.net"], Encoding.ASCII.GetBytes($"X-Relay-Schedule: {time}\r\n" + Rest));

        Assert.EndsWith(Rest, (await sink.NextMessageAsync(TimeSpan.FromSeconds(60))).Text, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetUtcNow(), at, DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task What_cannot_be_obeyed_is_refused_behind_the_final_dot()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = await StartAsync(sink);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => SmtpTalk.SubmitAsync(
            relay.SmtpPort, "app@example.com", ["bob@example.net"], Encoding.ASCII.GetBytes("X-Relay-Schedule: soon\r\n" + Rest)));

        Assert.Contains("554 5.6.0 X-Relay-Schedule: must be a time", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await relay.EntriesAsync("bob@example.net"));
    }

    [Fact]
    public async Task A_key_makes_a_submission_safe_to_repeat_across_a_kill()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = await StartAsync(sink);
        var content = Encoding.ASCII.GetBytes("Idempotency-Key: order-8\r\n" + Rest);
        var first = await SmtpTalk.SubmitAsync(relay.SmtpPort, "app@example.com", ["bob@example.net", "carol@example.net"], content);

        await relay.KillAsync();
        await relay.StartAsync();

        Assert.Equal(first, await SmtpTalk.SubmitAsync(relay.SmtpPort, "app@example.com", ["carol@example.net", "bob@example.net"], content));
        var other = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            SmtpTalk.SubmitAsync(relay.SmtpPort, "app@example.com", ["bob@example.net"], content));
        Assert.Contains("554 5.6.0 Idempotency-Key: this key was used for another message", other.Message, StringComparison.Ordinal);
        Assert.Single(await relay.EntriesAsync("bob@example.net"));
    }

    [Fact]
    public async Task An_account_that_is_suspended_or_over_its_quota_hears_it_in_an_open_session()
    {
        await CalendarDay.WithRoomAsync(TimeSpan.FromMinutes(2));
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();
        await relay.RunAsync("account", "add", "shop");
        await relay.RunAsync("account", "limit", "shop", "--emails-per-day", "1");
        var key = (await relay.RunAsync("key", "create", "--name", "app", "--scope", "send", "--account", "shop")).Output.Trim();
        var (talk, _) = await SmtpTalk.OpenAsync(relay.SmtpPort);
        await using (talk)
        {
            await talk.StartTlsAsync();
            await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0apikey\0{key}")), "235");
            await talk.SendMailAsync("app@example.com", ["bob@example.net"], Encoding.ASCII.GetBytes(Rest));
            var over = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                talk.SendMailAsync("app@example.com", ["bob@example.net"], Encoding.ASCII.GetBytes(Rest)));
            Assert.Contains("450 4.7.1 the account may send 1 e-mail per day; 0 are left", over.Message, StringComparison.Ordinal);

            await relay.RunAsync("account", "suspend", "shop");

            Assert.Contains("the account of this login was suspended", await talk.SayAsync("NOOP", "421"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Switched_off_they_are_content_like_any_other()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = await StartAsync(sink, "submission_headers = false");
        var content = "X-Relay-Schedule: soon\r\nX-Relay-Tag: a\r\n" + Rest;

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "app@example.com", ["bob@example.net"], Encoding.ASCII.GetBytes(content));

        Assert.EndsWith(content, (await sink.NextMessageAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulated_recipients_open_and_complain_and_are_not_suppressed()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(
            relay.SmtpPort, "app@example.com", ["open@simulator.relay.test", "complaint+1@simulator.relay.test"], Encoding.ASCII.GetBytes(Rest));

        await relay.ReachesAsync("open@simulator.relay.test", "delivered");
        Assert.Equal("open@simulator.relay.test", (await relay.EventAsync("open@simulator.relay.test", "opened")).Word("recipient"));
        Assert.Equal("simulated complaint", (await relay.EventAsync("complaint+1@simulator.relay.test", "complained")).Word("text"));
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "app@example.com", ["complaint+1@simulator.relay.test"], Encoding.ASCII.GetBytes(Rest));
        await Poll.UntilAsync("the second is delivered as well", async () =>
            (await relay.EntriesAsync("complaint+1@simulator.relay.test")).Count(e => e.Word("state") == "delivered") == 2);
    }

    private static async Task<RelayProcess> StartAsync(SmtpSink sink, string listener = "")
    {
        var relay = new RelayProcess();
        relay.Configure($"[route.\"*\"]\nsmarthost = \"127.0.0.1:{sink.Port}\"\n", listener: listener);
        await relay.StartAsync();
        return relay;
    }

    private static async Task<IReadOnlyList<DkimOutcome>> VerifyAsync(RelayProcess relay, byte[] content)
    {
        var keys = await relay.GetAsync("/admin/v1/dkim?domain=example.com");
        var records = keys.GetProperty("entries").EnumerateArray().ToDictionary(k => k.Word("name")!, k => k.Word("record")!);
        var blank = content.AsSpan().IndexOf("\r\n\r\n"u8);
        using var body = new MemoryStream(content[(blank + 4)..]);
        var verifier = new DkimVerifier(new Records(records), TimeProvider.System);
        return [.. (await verifier.VerifyAsync(content.AsMemory(0, blank + 4), body, CancellationToken.None)).Select(r => r.Outcome)];
    }

    private sealed class Records(Dictionary<string, string> records) : IDkimKeyLookup
    {
        public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) =>
            ValueTask.FromResult(records.TryGetValue(name, out var record) ? DkimKeyAnswer.Found([record]) : DkimKeyAnswer.None);
    }
}

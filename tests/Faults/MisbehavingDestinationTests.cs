using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>Whatever a destination does, each recipient ends in the right state, and the events say why.</summary>
public sealed class MisbehavingDestinationTests(TroubledWorld world) : IClassFixture<TroubledWorld>
{
    [Fact]
    public async Task Defers_while_the_connection_is_refused_and_delivers_when_it_is_not()
    {
        var id = await world.AcceptAsync("refuses", Letter.Of("refused"));
        var deferred = await world.Relay.WaitForStateAsync(id, "deferred");
        Assert.Equal("4.4.1", deferred.EventsOf("deferred")[0].Text("enhancedCode"));
        await using var sink = world.Start("refuses");
        await world.Relay.WaitForStateAsync(id, "delivered");
        Assert.Equal(["refused"], sink.Messages.Select(Letter.IdOf));
    }

    [Fact]
    public async Task Comes_again_after_greylisting()
    {
        var asked = 0;
        await using var sink = world.Start("greylists", new SmtpSinkOptions
        {
            Recipient = _ => Interlocked.Increment(ref asked) == 1 ? "451 4.7.1 greylisted, come again" : null,
        });
        var id = await world.AcceptAsync("greylists", Letter.Of("grey"));
        var message = await world.Relay.WaitForStateAsync(id, "delivered");
        Assert.Equal(2, AttemptsOf(message));
        var deferral = Assert.Single(message.EventsOf("deferred"));
        Assert.Equal(451, deferral.GetProperty("replyCode").GetInt32());
        Assert.Contains("greylisted", deferral.Text("text"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounces_what_is_refused_for_good()
    {
        await using var sink = world.Start("bounces", new SmtpSinkOptions { Recipient = _ => "550 5.1.1 no such user" });
        var id = await world.AcceptAsync("bounces", Letter.Of("refused"));
        var message = await world.Relay.WaitForStateAsync(id, "bounced");
        Assert.Equal(1, AttemptsOf(message));
        var bounce = Assert.Single(message.EventsOf("bounced"));
        Assert.Equal((550, "5.1.1"), (bounce.GetProperty("replyCode").GetInt32(), bounce.Text("enhancedCode")));
    }

    [Fact]
    public async Task Defers_when_the_greeting_says_421()
    {
        await using var sink = world.Start("unavailable", new SmtpSinkOptions { Greeting = n => n == 1 ? "421 4.3.2 not now" : null });
        var message = await DeliverAtSecondAttemptAsync("unavailable", Letter.Of("later"));
        Assert.Equal(421, message.EventsOf("deferred")[0].GetProperty("replyCode").GetInt32());
    }

    [Fact]
    public async Task Delivers_once_after_the_connection_was_dropped_within_the_content()
    {
        await using var sink = world.Start("drops", new SmtpSinkOptions
        {
            Fault = (connection, step) => (connection, step) == (1, SinkStep.Content) ? SinkFault.Drop : null,
        });

        // So large that it cannot wait in socket buffers as a whole: the drop comes while it is being sent.
        var message = await DeliverAtSecondAttemptAsync("drops", Letter.Of("dropped", 16 * 1024 * 1024));
        Assert.DoesNotContain("may have accepted", message.EventsOf("deferred")[0].Text("text"), StringComparison.Ordinal);
        Assert.Equal(["dropped"], sink.Messages.Select(Letter.IdOf));
    }

    [Fact]
    public async Task Says_that_the_peer_may_have_accepted_when_it_vanishes_after_the_final_dot()
    {
        await using var sink = world.Start("vanishes", new SmtpSinkOptions
        {
            Fault = (connection, step) => (connection, step) == (1, SinkStep.FinalDot) ? SinkFault.Drop : null,
        });
        var message = await DeliverAtSecondAttemptAsync("vanishes", Letter.Of("unsure"));
        var lost = message.EventsOf("deferred")[0];
        Assert.Contains("may have accepted", lost.Text("text"), StringComparison.Ordinal);
        Assert.Equal("unknown", lost.Text("class"));
        var (exitCode, listed) = await world.Relay.RunAsync("event", "list", "--kind", "deferred", "--message", lost.Text("messageId")!);
        Assert.Equal(0, exitCode);
        Assert.Contains(" 4.4.2 [unknown] ", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_up_connecting_after_the_time_configured()
    {
        using var silent = world.StartSilent("unreachable");
        var id = await world.AcceptAsync("unreachable", Letter.Of("unreachable"));
        var message = await world.Relay.WaitForStateAsync(id, "deferred");
        var deferral = message.EventsOf("deferred")[0];
        Assert.Equal("4.4.1", deferral.Text("enhancedCode"));
        Assert.InRange(deferral.GetProperty("durationMs").GetInt32(), 3_900, 30_000);
    }

    [Fact]
    public async Task Defers_when_the_greeting_is_no_smtp()
    {
        await using var sink = world.Start("garbles", new SmtpSinkOptions { Greeting = n => n == 1 ? "HTTP/1.1 400 Bad Request" : null });
        await DeliverAtSecondAttemptAsync("garbles", Letter.Of("garbled"));
    }

    [Fact]
    public async Task Comes_again_when_the_reply_to_the_final_dot_is_no_smtp()
    {
        var asked = 0;
        await using var sink = world.Start("babbles", new SmtpSinkOptions { Message = _ => Interlocked.Increment(ref asked) == 1 ? "banana" : null });
        var message = await DeliverAtSecondAttemptAsync("babbles", Letter.Of("babbled"));
        Assert.Contains("may have accepted", message.EventsOf("deferred")[0].Text("text"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settles_each_recipient_by_its_own_reply()
    {
        var asked = 0;
        await using var sink = world.Start("chooses", new SmtpSinkOptions
        {
            Recipient = address => address[0] switch
            {
                'b' => "550 5.1.1 no such user",
                'l' => Interlocked.Increment(ref asked) == 1 ? "452 4.2.2 mailbox full" : null,
                _ => null,
            },
        });
        var id = await world.Relay.AcceptAsync(
            TroubledWorld.Sender, ["good@chooses.test", "bad@chooses.test", "later@chooses.test", "fine@chooses.test"], Letter.Of("chosen"));
        await Poll.UntilAsync("all are settled", async () => Settled(await world.Relay.MessageAsync(id)) == 4);
        var message = await world.Relay.MessageAsync(id);
        Assert.Equal("bounced", StatesOf(message)["bad@chooses.test"]);
        Assert.Equal(3, StatesOf(message).Values.Count(state => state == "delivered"));
        Assert.Equal("later@chooses.test", Assert.Single(message.EventsOf("deferred")).Text("recipient"));
        Assert.Equal(
            ["fine@chooses.test", "good@chooses.test", "later@chooses.test"], sink.Messages.SelectMany(m => m.Recipients).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Makes_no_report_to_the_null_reverse_path()
    {
        await using var sink = world.Start("null", new SmtpSinkOptions { Recipient = _ => "550 5.1.1 no such user" });
        var before = await CountRecipientsAsync();
        var silent = await world.AcceptAsync("null", Letter.Of("null"), reversePath: "");
        await world.Relay.WaitForStateAsync(silent, "bounced");
        Assert.Equal(1, await CountRecipientsAsync() - before);

        // With a sender the same failure makes a report, so the count above could have shown one.
        var reported = await world.AcceptAsync("null", Letter.Of("not null"), localPart: "another");
        await world.Relay.WaitForStateAsync(reported, "bounced");
        Assert.Equal(3, await CountRecipientsAsync() - before);
    }

    [Fact]
    public async Task Drops_of_every_second_connection_do_not_lose_or_repeat()
    {
        await using var sink = world.Start("stutters", new SmtpSinkOptions
        {
            Fault = (connection, step) => connection % 2 == 1 && step == SinkStep.Mail ? SinkFault.Drop : null,
        });
        for (var i = 0; i < 6; i++)
        {
            var id = await world.AcceptAsync("stutters", Letter.Of($"stutter-{i}"));
            await world.Relay.WaitForStateAsync(id, "delivered");
        }

        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"stutter-{i}"), sink.Messages.Select(Letter.IdOf));
    }

    private async Task<JsonElement> DeliverAtSecondAttemptAsync(string name, byte[] content)
    {
        var id = await world.AcceptAsync(name, content);
        var message = await world.Relay.WaitForStateAsync(id, "delivered");
        Assert.Equal(2, AttemptsOf(message));
        Assert.Single(message.EventsOf("deferred"));
        Assert.Single(message.EventsOf("delivered"));
        return message;
    }

    private async Task<int> CountRecipientsAsync()
    {
        var page = await world.Relay.GetAsync("/admin/v1/queue?limit=500&state=ready,leased,deferred,delivered,bounced,suppressed,captured");
        return page.GetProperty("entries").GetArrayLength();
    }

    private static int Settled(JsonElement message) => message.EventsOf("delivered").Count + message.EventsOf("bounced").Count;

    private static int AttemptsOf(JsonElement message) => message.GetProperty("recipients")[0].GetProperty("attempts").GetInt32();

    private static Dictionary<string, string> StatesOf(JsonElement message) => message.GetProperty("recipients").EnumerateArray()
        .ToDictionary(r => r.Text("address")!, r => r.Text("state")!);
}

using System.Text;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The commands do the same with a running server and without one.</summary>
public sealed class CommandTests
{
    private const string Password = "a password of length";
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: steered\r\n\r\nHello\r\n"u8.ToArray();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Users_keys_signing_keys_and_suppressions_can_be_kept(bool isRunning)
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        if (isRunning)
        {
            await relay.StartAsync();
        }

        await AddUserAsync(relay);
        var generated = (await DoesAsync(relay, "user", "add", "made")).Trim();
        Assert.Matches("^[A-Za-z0-9]{24}$", generated);
        var users = JsonDocument.Parse(await DoesAsync(relay, "user", "list", "--json")).RootElement.GetProperty("entries").EnumerateArray();
        Assert.Equal(["app", "made"], users.Select(u => u.Word("name")!).Order(StringComparer.Ordinal));
        Assert.Contains("app ", await DoesAsync(relay, "user", "list"), StringComparison.Ordinal);

        var key = await DoesAsync(relay, "key", "create", "--name", "script", "--scope", "full");
        Assert.Matches("^[A-Za-z0-9_-]{20,}\n$", key);
        var (exitCode, output) = await relay.RunAsync("key", "create", "--name", "script", "--scope", "full");
        Assert.Equal(1, exitCode);
        Assert.Contains("there is a key script already", output, StringComparison.Ordinal);

        var records = await DoesAsync(relay, "dkim", "generate", "example.com", "--active");
        Assert.Equal(2, records.Split('\n').Count(line => line.Contains("._domainkey.example.com. IN TXT ( \"v=DKIM1;", StringComparison.Ordinal)));
        Assert.Contains("k=ed25519;", records, StringComparison.Ordinal);
        Assert.Equal(records, await DoesAsync(relay, "dkim", "list", "example.com"));

        await DoesAsync(relay, "suppression", "add", "gone@example.net", "--reason", "asked by phone");
        Assert.Contains("gone@example.net", await DoesAsync(relay, "suppression", "list"), StringComparison.Ordinal);
        await DoesAsync(relay, "suppression", "remove", "gone@example.net");
        Assert.Equal("nothing is suppressed\n", await DoesAsync(relay, "suppression", "list"));
        foreach (var empty in new[] { "suspend", "brake", "domain" })
        {
            Assert.Matches("^(nothing|nobody|there are no) .*\n$", await DoesAsync(relay, empty, "list"));
        }

        var (wrongKind, kinds) = await relay.RunAsync("suspend", "add", "foo", "bar");
        Assert.Equal((1, "relay: KIND: one of account, user, stream, tag, domain, site, source\n"), (wrongKind, kinds));
        var suspended = await DoesAsync(relay, "site", "suspend", "slow.example", "--reason", "asked by phone");
        Assert.Contains("slow.example", await DoesAsync(relay, "suspend", "list"), StringComparison.Ordinal);
        await DoesAsync(relay, "suspend", "end", suspended[..suspended.IndexOf(':', StringComparison.Ordinal)]);
        Assert.Equal("nothing is suspended\n", await DoesAsync(relay, "suspend", "list"));

        Assert.StartsWith("relay ", await DoesAsync(relay, "version"), StringComparison.Ordinal);

        Assert.Contains(isRunning ? ", up " : ", not running", await DoesAsync(relay, "status"), StringComparison.Ordinal);
        Assert.Equal(isRunning ? 0 : 69, (await relay.RunAsync("status", "--ready")).ExitCode);
        await DoesAsync(relay, "user", "remove", "made");
        await DoesAsync(relay, "key", "revoke", "script");
    }

    [Fact]
    public async Task What_commands_did_without_a_server_holds_when_it_starts()
    {
        await using var relay = new RelayProcess { ServeOptions = ["--sandbox"] };
        relay.Configure(listener: "relay_networks = []");
        await AddUserAsync(relay);
        await DoesAsync(relay, "suppression", "add", "gone@example.net");
        await DoesAsync(relay, "dkim", "generate", "example.com", "--active");
        await relay.StartAsync();

        var (talk, _) = await SmtpTalk.OpenAsync(relay.SmtpPort);
        await using (talk)
        {
            await talk.StartTlsAsync();
            await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.ASCII.GetBytes("\0app\0" + Password)), "235");
            await talk.SendMailAsync("a@example.com", ["gone@example.net", "there@example.net"], Content);
        }

        await relay.ReachesAsync("gone@example.net", "suppressed");
        await relay.ReachesAsync("there@example.net", "captured");
    }

    [Fact]
    public async Task The_queue_is_held_released_retried_and_cancelled()
    {
        await using var relay = new RelayProcess();
        relay.Configure("[retry]\nschedule = [\"1h\"]\n");
        await relay.StartAsync();
        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["defer+one@simulator.relay.test", "defer+two@simulator.relay.test"], Content);
        var id = (await relay.ReachesAsync("defer+one@simulator.relay.test", "deferred")).Word("messageId")!;
        await relay.ReachesAsync("defer+two@simulator.relay.test", "deferred");

        Assert.StartsWith("2 recipients held", await DoesAsync(relay, "queue", "hold", id), StringComparison.Ordinal);
        Assert.Contains("held", await DoesAsync(relay, "queue", "list", "--state", "held"), StringComparison.Ordinal);
        Assert.StartsWith("2 recipients released", await DoesAsync(relay, "queue", "release", id), StringComparison.Ordinal);
        await relay.ReachesAsync("defer+two@simulator.relay.test", "deferred");
        await DoesAsync(relay, "queue", "retry", "--domain", "simulator.relay.test");
        await Poll.UntilAsync("another attempt was made", async () =>
            (await relay.EntriesAsync("simulator.relay.test")).Count(e => e.GetProperty("attempts").GetInt32() > 1 && e.Word("state") == "deferred") == 2);
        var shown = await DoesAsync(relay, "queue", "show", id);
        Assert.Contains("451 4.2.1 simulated deferral", shown, StringComparison.Ordinal);
        Assert.StartsWith("2 recipients cancelled", await DoesAsync(relay, "queue", "cancel", id), StringComparison.Ordinal);
        Assert.Contains("nothing in the queue matches", await DoesAsync(relay, "queue", "list"), StringComparison.Ordinal);
        await relay.ReachesAsync("defer+one@simulator.relay.test", "cancelled");
    }

    [Fact]
    public async Task Send_submits_to_the_running_server_and_the_simulator_answers()
    {
        await using var relay = new RelayProcess();
        relay.Configure();
        await relay.StartAsync();

        foreach (var address in (string[])["delivered", "bounce", "defer", "slow"])
        {
            await DoesAsync(relay, "send", "--from", "a@simulator.relay.test", "--to", address + "@simulator.relay.test", "--subject", "Hello " + address);
        }

        Assert.Equal("Hello delivered", (await relay.ReachesAsync("delivered@simulator.relay.test", "delivered")).Word("subject"));
        Assert.Equal("5.1.1", (await relay.EventAsync("bounce@simulator.relay.test", "bounced")).Word("enhancedCode"));
        await relay.ReachesAsync("defer@simulator.relay.test", "deferred");
        await relay.ReachesAsync("slow@simulator.relay.test", "delivered");
    }

    private static async Task<string> DoesAsync(RelayProcess relay, params string[] command)
    {
        var (exitCode, output) = await relay.RunAsync(command);
        Assert.True(exitCode == 0, $"relay {string.Join(' ', command)} ended with {exitCode}: {output}");
        return output;
    }

    private static async Task AddUserAsync(RelayProcess relay)
    {
        var result = await relay.RunWithInputAsync(Password, "user", "add", "app", "--password-stdin");
        Assert.Equal((0, "user app added\n"), result);
    }
}

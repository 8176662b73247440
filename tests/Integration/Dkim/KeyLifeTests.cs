using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The first keys of a domain, from the command line to a signed message, with a DNS of the test's own.</summary>
public sealed class KeyLifeTests
{
    [Fact]
    public async Task Mail_is_signed_from_when_the_records_are_seen_also_behind_a_CNAME()
    {
        await using var world = new ApiWorld();
        await world.StartAsync();
        var (exitCode, output) = await world.Relay.RunAsync("dkim", "generate", "signer.test");
        Assert.True(exitCode == 0, output);
        Assert.Contains("until then mail of signer.test goes unsigned", output, StringComparison.Ordinal);
        (exitCode, output) = await world.Relay.RunAsync("dkim", "check", "signer.test");
        Assert.Equal(1, exitCode);
        Assert.Contains("pending): there is no TXT record at r", output, StringComparison.Ordinal);
        Assert.DoesNotContain("DKIM-Signature", await SendAsync(world, "first"), StringComparison.Ordinal);

        foreach (var key in await KeysAsync(world))
        {
            var target = key.Word("selector") + ".keys.provider.test";
            world.Zone.Alias(key.Word("name")!, target).Txt(target, key.Word("record")!);
        }

        // By itself, within seconds: nobody asks.
        await Poll.UntilAsync("both keys sign", async () => (await KeysAsync(world)).TrueForAll(key => key.Word("state") == "active"), TimeSpan.FromMinutes(2));
        (exitCode, output) = await world.Relay.RunAsync("dkim", "check", "signer.test");
        Assert.Equal((0, 2), (exitCode, output.Split("active): the record stands at").Length - 1));
        var text = await SendAsync(world, "second");
        Assert.Equal(2, text.Split("DKIM-Signature:").Length - 1);
    }

    private static async Task<List<JsonElement>> KeysAsync(ApiWorld world) =>
        [.. JsonDocument.Parse((await world.Relay.RunAsync("dkim", "list", "signer.test", "--json")).Output).RootElement.GetProperty("entries").EnumerateArray()];

    private static async Task<string> SendAsync(ApiWorld world, string subject)
    {
        await SmtpTalk.SubmitAsync(
            world.Relay.SmtpPort, "a@signer.test", ["b@dest.test"], System.Text.Encoding.ASCII.GetBytes($"From: a@signer.test\r\nSubject: {subject}\r\n\r\nhello\r\n"));
        return (await world.Sink.NextMessageAsync()).Text;
    }
}

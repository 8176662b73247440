using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>A further connection to the same host takes up the TLS session of the one before.</summary>
/// <remarks>The Postfix is the test's own: handshakes of others, a retry for one, would stand among those it looks at.</remarks>
[Collection(DeliveryCollection.Name)]
public sealed class TlsResumptionTests(DeliveryWorld world)
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: resumed\r\n\r\nHello\r\n"u8.ToArray();

    [WorldFact]
    public async Task Postfix_sees_every_other_handshake_resumed()
    {
        await using var postfix = new PostfixReceiver();
        await postfix.StartAsync("resumed.test", DeliveryWorld.ResumedAddress, world.World.MailPort);
        await using var relay = new RelayProcess();
        relay.Configure(
            "[site.\"*\"]\nmax_messages_per_connection = 1\nmax_connections = 1\n",
            dnsPort: world.World.DnsPort, deliveryPort: world.World.MailPort, hostname: "resuming.example.com");
        await relay.StartAsync();

        for (var i = 1; i <= 4; i++)
        {
            await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", [$"user{i}@resumed.test"], Content);
            await relay.ReachesAsync($"user{i}@resumed.test", "delivered");
        }

        await Poll.UntilAsync("Postfix logged four handshakes", () => Handshakes(postfix.Log).Count == 4);
        // A ticket is used once, and Postfix hands one out at full handshakes only.
        Assert.Equal(["full", "resumed", "full", "resumed"], Handshakes(postfix.Log));
    }

    /// <summary>In a full one the server signed, and Postfix names the digest.</summary>
    private static List<string> Handshakes(string log) =>
    [
        .. log.Split('\n').Where(line => line.Contains(" TLS connection established", StringComparison.Ordinal))
            .Select(line => line.Contains(" server-digest ", StringComparison.Ordinal) ? "full" : "resumed"),
    ];
}

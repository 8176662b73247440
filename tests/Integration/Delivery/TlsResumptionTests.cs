using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>A further connection to the same host takes up the TLS session of the one before.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class TlsResumptionTests(DeliveryWorld world)
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: resumed\r\n\r\nHello\r\n"u8.ToArray();

    [WorldFact]
    public async Task Postfix_sees_every_other_handshake_resumed()
    {
        await using var relay = new RelayProcess();
        relay.Configure(
            "[site.\"*\"]\nmax_messages_per_connection = 1\nmax_connections = 1\n",
            dnsPort: world.World.DnsPort, deliveryPort: world.World.MailPort, hostname: "resuming.example.com");
        await relay.StartAsync();

        for (var i = 1; i <= 4; i++)
        {
            await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", [$"resumed{i}@postfix.test"], Content);
            await relay.ReachesAsync($"resumed{i}@postfix.test", "delivered");
        }

        await Poll.UntilAsync("Postfix logged four handshakes:\n" + world.Postfix.Log, () => Handshakes().Count >= 4);
        // A ticket is used once, and Postfix hands one out at full handshakes only.
        Assert.Equal(["full", "resumed", "full", "resumed"], Handshakes());
    }

    /// <summary>The last four; in a full one the server signed, and Postfix names the digest.</summary>
    private List<string> Handshakes() =>
    [
        .. world.Postfix.Log.Split('\n').Where(line => line.Contains(" TLS connection established", StringComparison.Ordinal))
            .Select(line => line.Contains(" server-digest ", StringComparison.Ordinal) ? "full" : "resumed").TakeLast(4),
    ];
}

using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Destinations found through unbound, and what happens when nobody answers for the DNS.</summary>
public sealed class NameServerTests
{
    private static readonly byte[] Content = "From: a@example.com\r\nSubject: names\r\n\r\nHello\r\n"u8.ToArray();

    [PeerFact("unbound")]
    public async Task Destinations_are_found_through_unbound()
    {
        using var folder = new TemporaryFolder();
        await using var near = SmtpSink.Start(new SmtpSinkOptions { Address = System.Net.IPAddress.Parse("127.0.41.1") });
        await using var implicitHost = SmtpSink.Start(new SmtpSinkOptions { Address = System.Net.IPAddress.Parse("127.0.41.3"), Port = near.Port });
        var port = DnsPeer.FreePort();
        await File.WriteAllTextAsync(folder.File("unbound.conf"), string.Create(
            CultureInfo.InvariantCulture,
            $"""
            server:
              interface: 127.0.0.1@{port}
              username: ""
              chroot: ""
              directory: "{folder.Path}"
              pidfile: ""
              use-syslog: no
              do-ip6: no
              module-config: "iterator"
              local-zone: "." refuse
              local-zone: "backup.test." static
              local-data: "backup.test. MX 10 dead.backup.test."
              local-data: "backup.test. MX 20 live.backup.test."
              local-data: "dead.backup.test. A 127.0.41.2"
              local-data: "live.backup.test. A 127.0.41.1"
              local-zone: "implicit.test." static
              local-data: "implicit.test. A 127.0.41.3"
              local-zone: "nullmx.test." static
              local-data: "nullmx.test. MX 0 ."
              local-zone: "nothing.test." static
              local-data: "nothing.test. TXT 'no mail here'"
            remote-control:
              control-enable: no

            """));
        await using var unbound = await DnsPeer.StartAsync("unbound", port, "start of service", "-d", "-c", folder.File("unbound.conf"));
        await using var relay = new RelayProcess();
        relay.Configure(dnsPort: port, deliveryPort: near.Port);
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(
            relay.SmtpPort, "a@example.com", ["b@backup.test", "c@implicit.test", "d@nullmx.test", "e@nothing.test", "f@absent.nothing.test", "g@refused.example.net"], Content);

        Assert.Equal("live.backup.test", (await relay.EventAsync("b@backup.test", "delivered")).Word("remoteHost"));
        Assert.Equal("implicit.test", (await relay.EventAsync("c@implicit.test", "delivered")).Word("remoteHost"));
        Assert.Equal("5.1.10", (await relay.EventAsync("d@nullmx.test", "bounced")).Word("enhancedCode"));
        await relay.EventAsync("e@nothing.test", "bounced");
        Assert.Equal("5.1.2", (await relay.EventAsync("f@absent.nothing.test", "bounced")).Word("enhancedCode"));

        // Names below .test unbound denies by itself; all others it refuses here, which says nothing of them.
        Assert.Contains("REFUSED", (await relay.ReachesAsync("g@refused.example.net", "deferred")).Word("lastReply"), StringComparison.Ordinal);
    }

    [PeerFact("dnsmasq")]
    public async Task A_dead_dns_server_defers_and_its_return_delivers()
    {
        await using var sink = SmtpSink.Start(new SmtpSinkOptions { Address = System.Net.IPAddress.Parse("127.0.41.4") });
        await using var world = new MailWorld();
        world.Domain("late.test", "127.0.41.4");
        await using var relay = new RelayProcess();
        relay.Configure("[retry]\nschedule = [\"1s\"]\n", dnsPort: world.DnsPort, deliveryPort: sink.Port);
        await relay.StartAsync();

        await SmtpTalk.SubmitAsync(relay.SmtpPort, "a@example.com", ["b@late.test"], Content);

        var deferred = await relay.EventAsync("b@late.test", "deferred");
        Assert.StartsWith("4.", deferred.Word("enhancedCode"), StringComparison.Ordinal);
        await world.StartAsync();
        await relay.ReachesAsync("b@late.test", "delivered");
    }
}

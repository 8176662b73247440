using Relay.Tests.Integration;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>Trouble of the name service delays mail and never returns it.</summary>
public sealed class DnsTroubleTests
{
    private const int ServerFailure = 2;

    private enum Mood
    {
        Silent,
        Failing,
        Working,
    }

    [Fact]
    public Task Defers_while_the_server_is_silent_and_delivers_when_it_speaks() => RecoverAsync(Mood.Silent);

    [Fact]
    public Task Defers_while_the_server_fails_and_delivers_when_it_does_not() => RecoverAsync(Mood.Failing);

    private static async Task RecoverAsync(Mood trouble)
    {
        var mood = trouble;
        await using var sink = SmtpSink.Start();
        await using var dns = new ScriptedDnsServer(query => mood switch
        {
            Mood.Silent => [],
            Mood.Failing => [query.Reply().Code(ServerFailure).ToArray()],
            _ => [Answer(query)],
        });
        await using var relay = new RelayProcess();
        relay.Environment["RELAY__DNS__TIMEOUT"] = "1s";
        relay.Environment["RELAY__DNS__ATTEMPTS"] = "1";
        relay.Configure(
            """
            [retry]
            schedule = ["1s"]

            [queue]
            min_free_disk = "0"
            """,
            dnsPort: dns.EndPoint.Port,
            deliveryPort: sink.Port);
        await relay.StartAsync();

        var id = await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("patient"));
        var deferred = await relay.WaitForStateAsync(id, "deferred");
        Assert.Equal("4.4.3", deferred.EventsOf("deferred")[0].Text("enhancedCode"));

        mood = Mood.Working;
        var message = await relay.WaitForStateAsync(id, "delivered", TimeSpan.FromSeconds(90));
        Assert.Empty(message.EventsOf("bounced"));
        Assert.Equal(["patient"], sink.Messages.Select(Letter.IdOf));
    }

    private static byte[] Answer(ReceivedQuery query) => (query.Type, query.Name) switch
    {
        (DnsPacket.Mx, _) => query.Reply().Answer(query.Name, DnsPacket.Mx, 60, DnsPacket.MxData(10, "mx.destination.test")).ToArray(),
        (DnsPacket.A, _) => query.Reply().Answer(query.Name, DnsPacket.A, 60, DnsPacket.AddressData("127.0.0.1")).ToArray(),
        _ => query.Reply().StartOfAuthority("test", 60, 60).ToArray(),
    };
}

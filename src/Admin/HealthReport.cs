using Relay.Delivery;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>The health of every part mail depends on, read without touching disk or network.</summary>
internal sealed class HealthReport
{
    private const int FewQueries = 10;
    private const int MaxNamed = 20;
    private static readonly TimeSpan DnsWindow = TimeSpan.FromMinutes(5);

    private readonly IQueueStore _queue;
    private readonly ISpool _spool;
    private readonly IDeliveryStatus _delivery;
    private readonly TrafficMonitor _traffic;
    private readonly DkimKeys _keys;

    public HealthReport(IQueueStore queue, ISpool spool, IDeliveryStatus delivery, TrafficMonitor traffic, DkimKeys keys)
    {
        _keys = keys;
        _queue = queue;
        _spool = spool;
        _delivery = delivery;
        _traffic = traffic;
    }

    public IReadOnlyList<HealthPart> Parts()
    {
        var delivery = _delivery.Snapshot();
        var outbound = delivery.Outbound;
        return
        [
            Part("store", _queue.Health),
            Part("spool", _spool.Health),
            KeysPart(),
            new HealthPart("outbound", !outbound.IsPortBlocked, outbound.IsPortBlocked ? Advice(outbound) : null),
            EgressPart(delivery.Sources),
            DnsPart(),
        ];
    }

    /// <summary>
    /// Can mail be accepted and sent as it should? Outbound trouble delays mail, it does not refuse it; but a server with another master.key than
    /// its database should get no traffic before that is mended.
    /// </summary>
    public bool IsReady => _queue.Health.IsHealthy && _spool.Health.IsHealthy && _keys.Unopenable.Count == 0;

    /// <summary>For callers without a token: names no domain and no path.</summary>
    public string? Sentence => _keys.Unopenable.Count == 0 ? null : "signing keys do not open with master.key, and mail of their domains waits; 'relay status' names them";

    private HealthPart KeysPart() => _keys.Unopenable is { Count: > 0 } domains
        ? new HealthPart(
            "keys",
            false,
            $"the signing keys of {string.Join(", ", domains.Take(MaxNamed))}{(domains.Count > MaxNamed ? ", …" : string.Empty)} do not open with master.key, and mail of these domains waits: "
            + "put the master.key of this database back, or retire the keys (relay dkim retire) and make new ones")
        : new HealthPart("keys", true, null);

    private static string Advice(OutboundHealth outbound) =>
        $"""
        connections to port {outbound.Port} of {string.Join(", ", outbound.TimedOutSites)} timed out and none ever succeeded: outgoing mail seems blocked here. Use a smarthost, by these lines in relay.toml:
        [route."*"]
        smarthost = "smtp.example.net:587"
        username  = "you"
        password  = "secret"
        """;

    private static HealthPart EgressPart(IReadOnlyList<SourceStatus> sources)
    {
        var resting = sources.Where(s => s.Problem is not null).Select(s => $"source {s.Name} rests: {s.Problem}").ToList();
        return new HealthPart("egress", resting.Count == 0, resting.Count == 0 ? null : string.Join("; ", resting));
    }

    // A few lost queries are the network's daily life; when most are lost, mail waits.
    private HealthPart DnsPart()
    {
        var answered = _traffic.Sum(TrafficKind.DnsAnswered, DnsWindow);
        var lost = _traffic.Sum(TrafficKind.DnsLost, DnsWindow);
        var isWell = lost < FewQueries || lost <= answered;
        return new HealthPart("dns", isWell, isWell ? null : $"{lost} of {answered + lost} queries of the last {DnsWindow.TotalMinutes:0} minutes got no answer: look at dns.servers");
    }

    private static HealthPart Part(string name, StoreHealth health) => new(name, health.IsHealthy, health.Reason);
}

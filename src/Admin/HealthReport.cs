using Relay.Delivery;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>The health of every part mail depends on, read without touching disk or network.</summary>
public sealed class HealthReport
{
    private readonly IQueueStore _queue;
    private readonly ISpool _spool;
    private readonly IDeliveryStatus _delivery;

    public HealthReport(IQueueStore queue, ISpool spool, IDeliveryStatus delivery)
    {
        _queue = queue;
        _spool = spool;
        _delivery = delivery;
    }

    public IReadOnlyList<HealthPart> Parts()
    {
        var delivery = _delivery.Snapshot();
        var outbound = delivery.Outbound;
        return
        [
            Part("store", _queue.Health),
            Part("spool", _spool.Health),
            new HealthPart("outbound", !outbound.IsPortBlocked, outbound.IsPortBlocked ? Advice(outbound) : null),
            EgressPart(delivery.Sources),
        ];
    }

    /// <summary>Can mail be accepted? Outbound trouble delays mail, it does not refuse it.</summary>
    public bool IsReady => _queue.Health.IsHealthy && _spool.Health.IsHealthy;

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

    private static HealthPart Part(string name, StoreHealth health) => new(name, health.IsHealthy, health.Reason);
}

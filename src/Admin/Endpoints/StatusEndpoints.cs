using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>What the server is doing now, on one screen.</summary>
internal sealed class StatusEndpoints
{
    private const int MaxKeys = 20;

    /// <summary>The busiest; all of them are under <c>/sites</c>.</summary>
    private const int MaxSites = 50;

    private readonly IServerStatus _server;
    private readonly IQueueStore _queue;
    private readonly IDeliveryStatus _delivery;
    private readonly HealthReport _health;
    private readonly TrafficMonitor _traffic;
    private readonly AlertState _alerts;
    private readonly PauseReport _pauses;
    private readonly TimeProvider _time;

    public StatusEndpoints(IServerStatus server, IQueueStore queue, IDeliveryStatus delivery, HealthReport health, TrafficMonitor traffic, AlertState alerts, PauseReport pauses, TimeProvider time)
    {
        _server = server;
        _queue = queue;
        _delivery = delivery;
        _health = health;
        _traffic = traffic;
        _alerts = alerts;
        _pauses = pauses;
        _time = time;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/status", ShowAsync).WithSummary("Version, health, doors, queue and sites").Produces<StatusAnswer>();
        group.MapGet("/settings", ([AsParameters] PageQuery page) => page.Cut(_server.Settings))
            .WithSummary("Settings in force with their origin, secrets left out").Produces<Page<SettingStatus>>().ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private async Task<IResult> ShowAsync(CancellationToken cancellationToken)
    {
        var delivery = _delivery.Snapshot();
        var uptime = _time.GetUtcNow() - _server.StartedAt;
        return TypedResults.Ok(new StatusAnswer(
            _server.Version,
            _server.Hostname,
            _server.IsServing,
            _server.IsSandbox,
            _server.StartedAt,
            (long)uptime.TotalSeconds,
            Describe(uptime),
            _server.Listeners,
            _server.Doors,
            _health.Parts(),
            QueueSummaryAnswer.Of(await _queue.SummaryAsync(MaxKeys, cancellationToken)),
            [.. delivery.Sites.OrderByDescending(site => site.QueueLength + site.Delivered + site.Deferred + site.Rejected).Take(MaxSites).Select(SiteAnswer.Of)],
            delivery.Sites.Count,
            delivery.Sources,
            RatesAnswer.Of(_traffic),
            WorkAnswer.Of(delivery),
            _server.Disk,
            _alerts.Current,
            await _pauses.ListAsync(cancellationToken),
            _server.Warnings));
    }

    private static string Describe(TimeSpan span) =>
        span.TotalDays >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalDays} d {span.Hours} h")
            : string.Create(CultureInfo.InvariantCulture, $"{span.Hours} h {span.Minutes} min {span.Seconds} s");
}

internal sealed record StatusAnswer(
    string Version,
    string Hostname,
    bool Serving,
    bool Sandbox,
    DateTimeOffset StartedAt,
    long UptimeSeconds,
    string Uptime,
    IReadOnlyList<ListenerStatus> Listeners,
    IReadOnlyList<DoorStatus> Doors,
    IReadOnlyList<HealthPart> Health,
    QueueSummaryAnswer Queue,
    IReadOnlyList<SiteAnswer> Sites,
    int SiteCount,
    IReadOnlyList<SourceStatus> Sources,
    RatesAnswer Rates,
    WorkAnswer Work,
    DiskStatus Disk,
    IReadOnlyList<Alert> Alerts,
    IReadOnlyList<PauseAnswer> Paused,
    IReadOnlyList<string> Warnings);

/// <summary>How much delivery has in hand.</summary>
internal sealed record WorkAnswer(int Tasks, int MaxTasks, long Bytes, long MaxBytes, int BusyConnections, int MaxConnections)
{
    public static WorkAnswer Of(DeliveryStatus delivery) => new(
        delivery.WindowTasks, delivery.MaxWindowTasks, delivery.WindowBytes, delivery.MaxWindowBytes, delivery.BusyConnections, delivery.MaxConnections);
}

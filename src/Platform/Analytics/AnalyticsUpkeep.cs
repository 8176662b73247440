using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>Lets go of old counts.</summary>
internal sealed class AnalyticsUpkeep(IAnalyticsStore store, PlatformOptions options, TimeProvider time, ILogger<AnalyticsUpkeep> log) : BackgroundService
{
    /// <summary>Counts by the hour are kept so long.</summary>
    internal static readonly TimeSpan HoursKept = TimeSpan.FromDays(32);

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => BackgroundLoop.RunAsync(RoundAsync, Failed, time, stoppingToken);

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        var now = time.GetUtcNow();
        await store.PruneAsync(now - HoursKept, now - options.Aggregates, now - CountedEvent.UniqueFor, stoppingToken);
        return Interval;
    }

    private TimeSpan Failed(Exception trouble)
    {
        TrackingLog.UpkeepFailed(log, trouble);
        return Interval;
    }
}

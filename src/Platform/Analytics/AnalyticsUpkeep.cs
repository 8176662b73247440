using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Platform.Tracking;

namespace Relay.Platform.Analytics;

/// <summary>Lets go of old counts.</summary>
internal sealed class AnalyticsUpkeep(IAnalyticsStore store, PlatformOptions options, TimeProvider time, ILogger<AnalyticsUpkeep> log) : BackgroundService
{
    /// <summary>Counts by the hour are kept so long.</summary>
    internal static readonly TimeSpan HoursKept = TimeSpan.FromDays(32);

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                await store.PruneAsync(now - HoursKept, now - options.Aggregates, now - CountedEvent.UniqueFor, stoppingToken);
            }
#pragma warning disable CA1031 // a background loop: it logs and tries again
            catch (Exception trouble) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                TrackingLog.UpkeepFailed(log, trouble);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

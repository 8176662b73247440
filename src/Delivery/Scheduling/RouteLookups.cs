using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Finds routes beside the loops that want them, each key once, bounded. Thread safe.</summary>
internal sealed class RouteLookups(RouteResolver routes, DueLanes lanes, BackgroundTasks background, ILogger<RouteLookups> logger, TimeProvider time)
{
    private const int MaxResolutions = 200;
    private static readonly TimeSpan PauseWhenFull = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, HashSet<QueueLane>> _resolving = new(StringComparer.Ordinal);

    /// <summary>All lanes of the key come back when its route is known.</summary>
    public void Start(QueueLane lane, CancellationToken stoppingToken)
    {
        lock (_resolving)
        {
            if (_resolving.TryGetValue(lane.Key, out var waiting))
            {
                waiting.Add(lane);
                return;
            }

            if (_resolving.Count >= MaxResolutions)
            {
                lanes.Note(lane, time.GetUtcNow() + PauseWhenFull);
                return;
            }

            _resolving[lane.Key] = [lane];
        }

        background.Run(() => ResolveAsync(lane.Key, stoppingToken));
    }

    private async Task ResolveAsync(string key, CancellationToken stoppingToken)
    {
        var again = TimeSpan.Zero;
        try
        {
            await routes.ResolveAsync(key, stoppingToken);
        }
#pragma warning disable CA1031 // Routing answers trouble as values; anything else is a fault of ours that must not lose the key.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            DeliveryLog.RoutingFailed(logger, key, exception);
            again = PauseAfterTrouble;
        }
        finally
        {
            HashSet<QueueLane>? waiting;
            lock (_resolving)
            {
                _resolving.Remove(key, out waiting);
            }

            foreach (var lane in waiting ?? [])
            {
                lanes.Note(lane, time.GetUtcNow() + again);
            }
        }
    }
}

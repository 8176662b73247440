using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Finds the way to paths that were down when an earlier process ended, so that they are probed.</summary>
internal sealed class DownPathFinder(
    SiteReturns returns, RouteResolver routes, EgressPools pools, Dispatcher dispatcher, BackgroundTasks background, ILogger<DownPathFinder> logger)
{
    private const int MaxLooks = 20;

    private int _running;

    /// <summary>Starts to look for some that are not found yet.</summary>
    public void LookDue(CancellationToken stoppingToken)
    {
        foreach (var (path, keys) in returns.TakeRestored(MaxLooks - Volatile.Read(ref _running)))
        {
            Interlocked.Increment(ref _running);
            background.Run(() => LookAsync(path, keys, stoppingToken));
        }
    }

    private async Task LookAsync(PathKey path, IReadOnlyList<string> keys, CancellationToken stoppingToken)
    {
        try
        {
            await FindAsync(path, keys, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next process looks.
        }
#pragma warning disable CA1031 // It is looked for again a minute later; its mail comes by its schedule meanwhile.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DeliveryLog.ProbeFailed(logger, path, exception);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>By any of its keys; those may lead elsewhere by now, or nowhere.</summary>
    private async ValueTask FindAsync(PathKey path, IReadOnlyList<string> keys, CancellationToken stoppingToken)
    {
        var isCertain = true;
        foreach (var key in keys)
        {
            var resolved = await routes.ResolveAsync(key, stoppingToken);
            isCertain &= resolved.Failure is not { IsPermanent: false };
            foreach (var route in new[] { resolved, resolved.Fallback })
            {
                if (route is { IsRemote: true } && route.Site.Name == path.Site && SourceOf(route, path) is { } source)
                {
                    returns.Found(path);
                    dispatcher.ResumeProbing(route, source);
                    return;
                }
            }
        }

        if (isCertain)
        {
            returns.Forget(path);
        }
    }

    private EgressSource? SourceOf(Route route, PathKey path) => pools.Of(route).Sources.FirstOrDefault(source => source.Name == path.Source);
}

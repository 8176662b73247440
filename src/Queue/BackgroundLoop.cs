namespace Relay.Queue;

/// <summary>The loop of a service that works in rounds until the server stops, whatever one of them throws.</summary>
public static class BackgroundLoop
{
    /// <summary>Ends without an exception when <paramref name="stoppingToken"/> is cancelled.</summary>
    /// <param name="round">One round of work; returns how long to rest before the next.</param>
    /// <param name="failed">Tells what a round threw; returns how long to rest before the next.</param>
    public static async Task RunAsync(
        Func<CancellationToken, ValueTask<TimeSpan>> round, Func<Exception, TimeSpan> failed, TimeProvider time, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan rest;
            try
            {
                rest = await round(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // a background loop: it is told and tried again
            catch (Exception trouble)
#pragma warning restore CA1031
            {
                rest = failed(trouble);
            }

            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}

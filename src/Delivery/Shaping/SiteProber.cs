using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Asks suspended paths that mail waits for whether they are back: one connection for each interval, and no mail is risked for it.</summary>
/// <remarks>Mail that is due by itself probes as well; whichever comes first, there is one connection at a time.</remarks>
internal sealed class SiteProber(
    Dispatcher dispatcher, ConnectionOpener opener, ConnectionPool pool, SiteReturns returns, DownPathFinder finder, BackgroundTasks background, ILogger<SiteProber> logger, TimeProvider time)
    : BackgroundService
{
    private const int MaxProbes = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private int _running;

    /// <summary>Starts the probes that are due.</summary>
    public void ProbeDue(CancellationToken stoppingToken)
    {
        foreach (var queue in dispatcher.TakeProbes(returns.HasMailFor, MaxProbes - Volatile.Read(ref _running)))
        {
            Interlocked.Increment(ref _running);
            background.Run(() => ProbeAsync(queue, stoppingToken));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, stoppingToken);
                finder.LookDue(stoppingToken);
                ProbeDue(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Probes under way end by their token.
        }
    }

    private async Task ProbeAsync(SiteQueue queue, CancellationToken stoppingToken)
    {
        var feedback = SiteFeedback.Neutral;
        try
        {
            feedback = await TryAsync(queue, stoppingToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            dispatcher.ProbeEnded(queue, feedback);
            if (feedback.Kind == FeedbackKind.Success)
            {
                returns.Answered(queue.Path.Key);
            }
        }
    }

    /// <summary>Connect, greeting, EHLO, TLS as the site's own limits ask; what the mail of single domains demands beyond that is its own matter.</summary>
    private async ValueTask<SiteFeedback> TryAsync(SiteQueue queue, CancellationToken stoppingToken)
    {
        try
        {
            var limits = queue.Path.Limits;
            var tls = new TlsPolicy(limits.Tls.Value, MustVerify: false, limits.Tls.Origin);
            var opened = await opener.OpenAsync(queue.Route!, queue.Path, tls, new DialExclusions(), stoppingToken);
            if (opened.Connection is { } connection)
            {
                pool.Quit(connection);
                return SiteFeedback.Success;
            }

            return SiteFeedback.Failure(opened.Failure!.Reply?.ToString() ?? opened.Failure.Message, opened.Failure.Reply);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return SiteFeedback.Neutral;
        }
#pragma warning disable CA1031 // A probe that fails in an unknown way has not found the site well.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DeliveryLog.ProbeFailed(logger, queue.Path.Key, exception);
            return SiteFeedback.Failure("the probe failed", null);
        }
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Platform.Domains;

namespace Relay.Platform.Quotas;

/// <summary>Writes the counts of e-mails once a second, and once more at the stop.</summary>
internal sealed class EmailCountService(EmailQuota quota, TimeProvider time, ILogger<EmailCountService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await FlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var deadline = new CancellationTokenSource(LastFlush, time);
            await FlushAsync(deadline.Token);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await quota.FlushAsync(cancellationToken);
        }
        catch (Exception trouble) when (trouble is not OperationCanceledException)
        {
            // The counts are kept and written with the next ones.
            PlatformDomainsLog.CountsNotWritten(log, trouble);
        }
    }
}

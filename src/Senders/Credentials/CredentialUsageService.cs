using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Senders;

/// <summary>Writes the gathered last-used marks once a second, and once more at the stop.</summary>
internal sealed class CredentialUsageService(CredentialCheck check, TimeProvider timeProvider, ILogger<CredentialUsageService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await FlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var deadline = new CancellationTokenSource(LastFlush, timeProvider);
            await FlushAsync(deadline.Token);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await check.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The marks are kept and written with the next ones.
            SendersLog.MarksNotWritten(logger, e);
        }
    }
}

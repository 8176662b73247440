using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relay.Admin;

/// <summary>Looks twice a minute and tells what begins and what ends.</summary>
internal sealed class AlertService(AlertConditions conditions, AlertState state, AlertSender sender, TimeProvider time, ILogger<AlertService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // a background loop: it logs and looks again
            catch (Exception trouble)
#pragma warning restore CA1031
            {
                AdminLog.AlertsFailed(log, trouble);
            }
        }
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var (raised, ended) = state.Look(await conditions.LookAsync(cancellationToken), time.GetUtcNow());
        foreach (var alert in raised)
        {
            AdminLog.AlertRaised(log, alert.Name, alert.Text);
        }

        foreach (var alert in ended)
        {
            AdminLog.AlertEnded(log, alert.Name);
        }

        if (raised.Count + ended.Count > 0)
        {
            await sender.SendAsync(raised, ended, cancellationToken);
        }
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Looks twice a minute and tells what begins and what ends.</summary>
internal sealed class AlertService(AlertConditions conditions, AlertState state, AlertSender sender, TimeProvider time, ILogger<AlertService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await BackgroundLoop.RunAsync(RoundAsync, Failed, time, stoppingToken);
    }

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        await LookAsync(stoppingToken);
        return Interval;
    }

    private TimeSpan Failed(Exception trouble)
    {
        AdminLog.AlertsFailed(log, trouble);
        return Interval;
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

        await sender.SendAsync(raised, ended, cancellationToken);
    }
}

using Microsoft.Extensions.Hosting;

namespace Relay.Delivery;

/// <summary>Stores counted sessions every few seconds and at the end.</summary>
internal sealed class TlsSessionService(TlsSessions sessions, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await sessions.FlushAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Pause, time, stoppingToken);
            await sessions.FlushAsync(stoppingToken);
        }
    }
}

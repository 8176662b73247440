using Microsoft.Extensions.Hosting;

namespace Relay.Delivery;

/// <summary>What the engine reads when it begins, for commands that found no server: suspensions and warm-ups are shown and ended without one.</summary>
internal sealed class StoredState(SuspensionControl suspensions, WarmupGate gate, IWarmupStore warmups) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await suspensions.LoadAsync(cancellationToken);
        gate.Load(await warmups.LoadAsync(cancellationToken));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using Microsoft.Extensions.Hosting;

namespace Relay;

/// <summary>Of a host that a command opens for itself: signals end the command as they end any program.</summary>
internal sealed class CommandLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

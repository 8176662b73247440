using Microsoft.Extensions.Hosting;

namespace Relay;

/// <summary>Keeps the export alive for as long as the server runs.</summary>
internal sealed class OtlpService(OtlpExport export) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        export.Dispose();
        return Task.CompletedTask;
    }
}

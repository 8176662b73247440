using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Relay.Storage;

namespace Relay;

/// <summary>A running server, or the short-lived one a command starts for itself. Disposing stops it and closes the stores.</summary>
internal sealed class RelayServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly RelayStores _stores;
    private readonly string _socketPath;
    private bool _isStopped;

    public RelayServer(WebApplication application, RelayStores stores, string socketPath, bool isSandbox, string? firstToken)
    {
        _application = application;
        _stores = stores;
        _socketPath = socketPath;
        IsSandbox = isSandbox;
        FirstToken = firstToken;
    }

    public bool IsSandbox { get; }

    /// <summary>The admin token made at this start; null when there was one already.</summary>
    public string? FirstToken { get; }

    /// <summary>Its parts, for tests that lead them by a clock of their own.</summary>
    public IServiceProvider Services => _application.Services;

    /// <summary>Completes when the server was told to stop and has stopped.</summary>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken)
    {
        await _application.WaitForShutdownAsync(cancellationToken);
        _isStopped = true;
    }

    public async ValueTask DisposeAsync()
    {
        // Stop first, and once: services give back their leases while the stores are still open.
        if (!_isStopped)
        {
            await _application.StopAsync(CancellationToken.None);
        }

        await _application.DisposeAsync();
        await _stores.DisposeAsync();
        File.Delete(_socketPath);
    }
}

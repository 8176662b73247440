using Microsoft.Extensions.Logging.Abstractions;
using Relay.Storage;

namespace Relay.Tests.Unit;

/// <summary>Stores in a fresh folder that goes when they are deleted; can be closed and opened again between.</summary>
internal sealed class TemporaryStores(TimeProvider time)
{
    private RelayStores? _stores;

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "relay-storage-" + Guid.NewGuid().ToString("N"));

    public StorageOptions Options => new() { DataFolder = Folder, MinFreeDiskBytes = 0 };

    public bool IsOpen => _stores is not null;

    public RelayStores Stores => _stores ?? throw new InvalidOperationException("The stores are not open.");

    public async Task<RelayStores> OpenAsync(FileSync? sync = null, Func<StorageOptions, StorageOptions>? change = null)
    {
        var options = change is null ? Options : change(Options);
        _stores = await RelayStores.OpenAsync(options, sync ?? new FileSync(), time, NullLoggerFactory.Instance, CancellationToken.None);
        return _stores;
    }

    public async Task CloseAsync()
    {
        if (_stores is not null)
        {
            await _stores.DisposeAsync();
            _stores = null;
        }
    }

    public async Task<RelayStores> ReopenAsync()
    {
        await CloseAsync();
        return await OpenAsync();
    }

    public async Task DeleteAsync()
    {
        await CloseAsync();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

using Microsoft.Extensions.Logging;

namespace Relay.Storage;

/// <summary>history.db: what happened, apart from what is still to be done, so that neither slows or endangers the other.</summary>
/// <remarks>
/// Its commits are synced, too: the outbox in relay.db is pruned behind the cursor kept here, so a cursor that a power cut takes back
/// would leave a hole. One commit serves a whole batch of the pump.
/// </remarks>
internal sealed class HistoryDatabase : IAsyncDisposable
{
    public const string FileName = "history.db";
    public const string Name = "history";

    private const int CacheBytes = 16 * 1024 * 1024;

    private HistoryDatabase(SqliteWriter writer, SqliteReaders readers)
    {
        Writer = writer;
        Readers = readers;
    }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    /// <exception cref="Queue.StoreUnavailableException">The file cannot be opened, is not ours, or was written by a later version.</exception>
    public static HistoryDatabase Open(StorageOptions options, TimeProvider time, ILogger logger, StorageMetrics metrics)
    {
        var writerOptions = WriterOptions.From(options, Name, FileName) with { CacheBytes = CacheBytes };
        var connection = DatabaseFile.OpenMigrated(writerOptions, FileName, Name);
        var writer = new SqliteWriter(writerOptions, connection, participant: null, time, logger, metrics);
        return new HistoryDatabase(writer, new SqliteReaders(writerOptions.Path, options.Readers));
    }

    public async ValueTask DisposeAsync()
    {
        Readers.Dispose();
        await Writer.DisposeAsync();
    }
}

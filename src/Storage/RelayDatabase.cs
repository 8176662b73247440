using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>relay.db: everything a 250 promises. Synced at every commit.</summary>
/// <remarks>Opening migrates and begins a new epoch; the caller has taken the folder's lock.</remarks>
internal sealed class RelayDatabase : IAsyncDisposable
{
    public const string FileName = "relay.db";
    public const string Name = "relay";

    private const string NextEpoch = "UPDATE meta SET value = value + 1 WHERE name = 'epoch'";
    private const string ReadEpoch = "SELECT value FROM meta WHERE name = 'epoch'";

    private RelayDatabase(long epoch, IdAllocator ids, RecentEvents recentEvents, QueueLedger ledger, SqliteWriter writer, SqliteReaders readers)
    {
        Epoch = epoch;
        Ids = ids;
        RecentEvents = recentEvents;
        Ledger = ledger;
        Writer = writer;
        Readers = readers;
    }

    /// <summary>Number of this opening; leases of lower epochs belong to dead processes.</summary>
    public long Epoch { get; }

    public IdAllocator Ids { get; }

    public QueueLedger Ledger { get; }

    public SqliteWriter Writer { get; }

    public SqliteReaders Readers { get; }

    /// <summary>Some megabytes at most, and for less than a second of a busy server.</summary>
    public RecentEvents RecentEvents { get; }

    /// <exception cref="StoreUnavailableException">The file cannot be opened, is not ours, or was written by a later version.</exception>
    public static RelayDatabase Open(StorageOptions options, TimeProvider time, ILogger logger, StorageMetrics metrics)
    {
        var writerOptions = WriterOptions.From(options, Name, FileName);
        var connection = DatabaseFile.OpenMigrated(writerOptions, FileName, Name);
        try
        {
            connection.Execute(NextEpoch);
            var epoch = connection.QueryInt64(ReadEpoch);
            var ids = new IdAllocator(connection);
            var recentEvents = new RecentEvents(capacity: 10_000);
            var ledger = new QueueLedger(ids, recentEvents);
            var writer = new SqliteWriter(writerOptions, connection, ledger, time, logger, metrics);
            return new RelayDatabase(epoch, ids, recentEvents, ledger, writer, new SqliteReaders(writerOptions.Path, options.Readers));
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw new StoreUnavailableException($"{FileName} cannot be used: {exception.Message}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Readers.Dispose();
        await Writer.DisposeAsync();
    }
}

/// <summary>What opening has in common for both databases.</summary>
internal static class DatabaseFile
{
    /// <exception cref="StoreUnavailableException">The file cannot be opened, is not ours, or was written by a later version.</exception>
    public static SqliteConnection OpenMigrated(WriterOptions options, string fileName, string migrations)
    {
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteConnection.OpenWriter(options.Path, options.CacheBytes);
            Migrator.Migrate(connection, fileName, Migration.For(migrations));
            return connection;
        }
        catch (SqliteException exception)
        {
            connection?.Dispose();
            throw new StoreUnavailableException($"{fileName} cannot be opened: {exception.Message}", exception);
        }
        catch (StoreUnavailableException)
        {
            connection?.Dispose();
            throw;
        }
    }
}

using System.Collections.Concurrent;
using Relay.Queue;
using SQLitePCL;

namespace Relay.Storage;

/// <summary>Reading connections of one database: each read sees one snapshot and never waits for the writer.</summary>
internal sealed class SqliteReaders(string path, int count) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(count);
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private volatile bool _closed;

    /// <summary>Runs the read on a pool thread, all its statements in one snapshot; cancelling interrupts it.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        using var snapshot = await OpenSnapshotAsync(cancellationToken);
        return await Task.Run(() => snapshot.Read(read, cancellationToken), cancellationToken);
    }

    /// <summary>A snapshot for reading in several steps.</summary>
    public async ValueTask<Snapshot> OpenSnapshotAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

        await _slots.WaitAsync(cancellationToken);
        try
        {
            var connection = _idle.TryTake(out var idle) ? idle : SqliteConnection.OpenReader(path);
            return new Snapshot(this, connection);
        }
        catch (SqliteException exception)
        {
            _slots.Release();
            throw new StoreUnavailableException("The database cannot be opened: " + exception.Message, exception);
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private void Return(SqliteConnection connection)
    {
        if (_closed)
        {
            connection.Dispose();
        }
        else
        {
            _idle.Add(connection);
        }

        _slots.Release();
    }

    /// <summary>One state of the database; begins with its first read and ends when disposed.</summary>
    internal sealed class Snapshot(SqliteReaders owner, SqliteConnection connection) : IDisposable
    {
        private const string Begin = "BEGIN";
        private const string End = "ROLLBACK";

        public T Read<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
        {
            using var interrupt = cancellationToken.Register(static state => ((SqliteConnection)state!).Interrupt(), connection);
            try
            {
                if (!connection.InTransaction)
                {
                    connection.Use(Begin).Run();
                }

                return read(connection);
            }
            catch (SqliteException exception) when (exception.Code == raw.SQLITE_INTERRUPT && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(exception.Message, exception, cancellationToken);
            }
            catch (SqliteException exception)
            {
                throw new StoreUnavailableException("The database cannot be read: " + exception.Message, exception);
            }
        }

        public void Dispose()
        {
            connection.ResetStatements();
            if (connection.InTransaction)
            {
                connection.Use(End).Run();
            }

            owner.Return(connection);
        }
    }
}

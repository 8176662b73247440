namespace Relay.Storage;

/// <summary>Hands out row ids and event sequences from one counter; none is ever given twice, not even after deletes or a crash.</summary>
/// <remarks>Ids are taken in memory; their reserved end is written in the transaction that first needs it. On the writer's thread only.</remarks>
internal sealed class IdAllocator
{
    private const long Reserve = 10_000;
    private const string ReadReserved = "SELECT value FROM meta WHERE name = 'next_id'";
    private const string WriteReserved = "UPDATE meta SET value = ? WHERE name = 'next_id'";

    private long _next;
    private long _reserved;
    private long _pendingReserved;

    public IdAllocator(SqliteConnection connection)
    {
        _next = connection.QueryInt64(ReadReserved);
        _reserved = _next;
    }

    public long Next() => _next++;

    /// <summary>First of <paramref name="count"/> consecutive ids.</summary>
    public long NextRange(int count)
    {
        var first = _next;
        _next += count;
        return first;
    }

    public void BeforeCommit(SqliteConnection connection)
    {
        if (_next > _reserved)
        {
            _pendingReserved = _next + Reserve;
            connection.Use(WriteReserved).Bind(_pendingReserved).Run();
        }
    }

    public void Committed()
    {
        _reserved = Math.Max(_reserved, _pendingReserved);
        _pendingReserved = 0;
    }

    public void RolledBack() => _pendingReserved = 0;
}

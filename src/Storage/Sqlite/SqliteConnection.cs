using System.Globalization;
using SQLitePCL;

namespace Relay.Storage;

/// <summary>One open connection with its prepared statements. Used by one thread at a time.</summary>
/// <remarks>
/// A thin layer over the C API instead of ADO.NET: statements are prepared once, parameters and columns move without boxing,
/// which halves the cost of the enqueue and settle transactions.
/// </remarks>
internal sealed class SqliteConnection : IDisposable
{
    private const int BusyTimeoutMs = 5_000;

    // SQLITE_DBCONFIG_LOOKASIDE and _ENABLE_QPSG
    private const int SetMemoryAside = 1001;
    private const int EnableStablePlans = 1007;
    private const int PieceBytes = 1200;
    private const int Pieces = 1000;

    // Statements are named by constants, so the reference of the text is its identity.
    private readonly Dictionary<string, SqliteStatement> _statements = new(ReferenceEqualityComparer.Instance);
    private readonly sqlite3 _db;

    private SqliteConnection(sqlite3 db) => _db = db;

    /// <summary>Rows changed by the last statement that ended.</summary>
    public int Changes => raw.sqlite3_changes(_db);

    /// <summary>False as well after an error made SQLite roll the transaction back by itself.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_db) == 0;

    /// <summary>Opens the file, creating it when missing.</summary>
    /// <param name="cacheBytes">Page cache of this connection.</param>
    public static SqliteConnection OpenWriter(string path, int cacheBytes)
    {
        var connection = Open(path, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE, BufferedLog.Name);
        // Its statements stay, and with them the small pieces of memory set aside for them: there must be some left for what runs.
        raw.sqlite3_db_config(connection._db, SetMemoryAside, 0, PieceBytes, Pieces);
        // The page size is settled by the first write of a new file and ignored later.
        connection.Execute("PRAGMA page_size = 4096");
        connection.Execute("PRAGMA journal_mode = WAL");
        // Every commit is synced before it is reported: 250 is sent on the strength of it.
        connection.Execute("PRAGMA synchronous = FULL");
        // A commit never checkpoints: WriterUpkeep says when.
        connection.Execute("PRAGMA wal_autocheckpoint = 0");
        // What is deleted or replaced is overwritten with zeros: an erased address must not lie on in free pages.
        connection.Execute("PRAGMA secure_delete = ON");
        // One module writes all rows and ids are ranges; enforcement would demand an index per reference on the hot path.
        connection.Execute("PRAGMA foreign_keys = OFF");
        connection.Execute("PRAGMA temp_store = MEMORY");
        connection.Execute("PRAGMA trusted_schema = OFF");
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size = -{cacheBytes / 1024}"));
        return connection;
    }

    /// <summary>Opens an existing file for reading only. It may still help itself to the shared memory of the WAL.</summary>
    public static SqliteConnection OpenReader(string path)
    {
        var connection = Open(path, raw.SQLITE_OPEN_READWRITE);
        connection.Execute("PRAGMA wal_autocheckpoint = 0");
        connection.Execute("PRAGMA query_only = ON");
        connection.Execute("PRAGMA temp_store = MEMORY");
        connection.Execute("PRAGMA cache_size = -4096");
        return connection;
    }

    /// <summary>Opens an existing file to copy it whole: VACUUM INTO writes elsewhere, which a connection for reading only would refuse.</summary>
    public static SqliteConnection OpenForCopy(string path)
    {
        var connection = Open(path, raw.SQLITE_OPEN_READWRITE);
        connection.Execute("PRAGMA wal_autocheckpoint = 0");
        connection.Execute("PRAGMA cache_size = -4096");
        return connection;
    }

    /// <summary>Opens an existing file to move its WAL into it (<see cref="Checkpointer"/>).</summary>
    public static SqliteConnection OpenForCheckpoints(string path)
    {
        var connection = Open(path, raw.SQLITE_OPEN_READWRITE);
        connection.Execute("PRAGMA wal_autocheckpoint = 0");
        connection.Execute("PRAGMA synchronous = FULL");
        return connection;
    }

    /// <summary>For a look at a database nobody has open, on a medium that may be read only.</summary>
    public static SqliteConnection OpenReadOnly(string path) => Open(path, raw.SQLITE_OPEN_READONLY);

    /// <summary>A statement prepared once per connection; <paramref name="sql"/> must be a constant. Dispose resets it for the next use.</summary>
    public SqliteStatement Use(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            statement = new SqliteStatement(this, Prepare(sql), isCached: true);
            _statements.Add(sql, statement);
        }

        statement.Begin();
        return statement;
    }

    /// <summary>A statement whose text is built at run time; Dispose frees it.</summary>
    public SqliteStatement UseOnce(string sql)
    {
        var statement = new SqliteStatement(this, Prepare(sql), isCached: false);
        statement.Begin();
        return statement;
    }

    /// <summary>Ends statements that an exception left open.</summary>
    public void ResetStatements()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }
    }

    /// <summary>Runs one or several statements without parameters, ignoring their rows.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_db, sql));

    public long QueryInt64(string sql)
    {
        using var query = UseOnce(sql);
        return query.Read() ? query.Int64(0) : throw new SqliteException(raw.SQLITE_EMPTY, "no row from: " + sql);
    }

    /// <summary>Ends the statement that runs now on another thread with SQLITE_INTERRUPT.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_db);

    /// <summary>Pages written to the WAL since the last call.</summary>
    public int TakePagesWritten()
    {
        const int CacheWrite = 9;
        return raw.sqlite3_db_status(_db, CacheWrite, out var pages, out _, 1) == raw.SQLITE_OK ? pages : 0;
    }

    /// <summary>Moves WAL pages into the database file.</summary>
    /// <returns>Incomplete when a reader kept pages in the WAL, or another connection is at it.</returns>
    public CheckpointPass Checkpoint(bool truncate)
    {
        var mode = truncate ? raw.SQLITE_CHECKPOINT_TRUNCATE : raw.SQLITE_CHECKPOINT_PASSIVE;
        var result = raw.sqlite3_wal_checkpoint_v2(_db, "main", mode, out var logPages, out var movedPages);
        if (result is raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
        {
            return CheckpointPass.Busy;
        }

        Check(result);
        return new CheckpointPass(logPages, movedPages);
    }

    /// <summary>How long a statement waits for another connection's lock; the writer checkpoints with a short one.</summary>
    public void SetBusyTimeout(int milliseconds) => raw.sqlite3_busy_timeout(_db, milliseconds);

    public void RestoreBusyTimeout() => SetBusyTimeout(BusyTimeoutMs);

    public void Check(int result)
    {
        if (result is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
        {
            return;
        }

        throw new SqliteException(raw.sqlite3_extended_errcode(_db), raw.sqlite3_errmsg(_db).utf8_to_string());
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Free();
        }

        _statements.Clear();
        raw.sqlite3_close_v2(_db);
    }

    /// <param name="layer">Of files; null for SQLite's own.</param>
    private static SqliteConnection Open(string path, int flags, string? layer = null)
    {
        _ = SqliteLibrary.Version;
        var result = raw.sqlite3_open_v2(path, out var db, flags | raw.SQLITE_OPEN_NOMUTEX, layer);
        if (result != raw.SQLITE_OK)
        {
            var message = raw.sqlite3_errmsg(db).utf8_to_string();
            raw.sqlite3_close_v2(db);
            throw new SqliteException(result, $"{path}: {message}");
        }

        // Plans must not depend on what is bound: SQLite would prepare a cached statement anew for each value it is given.
        raw.sqlite3_db_config(db, EnableStablePlans, 1, out _);
        var connection = new SqliteConnection(db);
        connection.RestoreBusyTimeout();
        return connection;
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_db, sql, out var statement));
        return statement;
    }
}

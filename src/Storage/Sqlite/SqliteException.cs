using SQLitePCL;

namespace Relay.Storage;

/// <summary>SQLite refused a call. Leaves this project only as the inner exception of a StoreUnavailableException.</summary>
internal sealed class SqliteException(int extendedCode, string message) : Exception(message)
{
    public int ExtendedCode { get; } = extendedCode;

    /// <summary>Primary result code (SQLITE_FULL, SQLITE_IOERR, …).</summary>
    public int Code => ExtendedCode & 0xff;

    public bool IsUniqueViolation => ExtendedCode is raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_PRIMARYKEY;

    /// <summary>The medium is full or failing: nothing can be stored until it is mended.</summary>
    public bool IsMediumFault => Code is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN;
}

using System.Text;
using SQLitePCL;

namespace Relay.Storage;

/// <summary>A prepared statement: bind the parameters in their order, run or read, dispose to reset.</summary>
internal sealed class SqliteStatement(SqliteConnection connection, sqlite3_stmt statement, bool isCached) : IDisposable
{
    private const int MaxStackBytes = 1024;
    private const int VirtualMachineSteps = 4;

    private int _bound;
    private bool _inUse;
    private bool _ended;

    public void Begin()
    {
        if (_inUse)
        {
            throw new InvalidOperationException("The statement is still in use.");
        }

        _inUse = true;
        _ended = false;
        _bound = 0;
    }

    public SqliteStatement Bind(long value)
    {
        connection.Check(raw.sqlite3_bind_int64(statement, ++_bound, value));
        return this;
    }

    public SqliteStatement Bind(long? value) => value is { } some ? Bind(some) : BindNull();

    public SqliteStatement Bind(bool value) => Bind(value ? 1L : 0L);

    /// <summary>Stored as unix milliseconds UTC.</summary>
    public SqliteStatement Bind(DateTimeOffset value) => Bind(value.ToUnixTimeMilliseconds());

    public SqliteStatement Bind(DateTimeOffset? value) => value is { } some ? Bind(some) : BindNull();

    public SqliteStatement Bind(string? value)
    {
        if (value is null)
        {
            return BindNull();
        }

        if (value.Length is 0 or > MaxStackBytes / 3)
        {
            connection.Check(raw.sqlite3_bind_text(statement, ++_bound, value));
            return this;
        }

        Span<byte> buffer = stackalloc byte[MaxStackBytes];
        var length = Encoding.UTF8.GetBytes(value, buffer);
        connection.Check(raw.sqlite3_bind_text(statement, ++_bound, buffer[..length]));
        return this;
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> value)
    {
        _bound++;
        connection.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(statement, _bound, 0)
            : raw.sqlite3_bind_blob(statement, _bound, value));
        return this;
    }

    /// <summary>Null binds NULL, empty an empty blob.</summary>
    public SqliteStatement Bind(ReadOnlyMemory<byte>? value) => value is { } some ? Bind(some.Span) : BindNull();

    public SqliteStatement BindNull()
    {
        connection.Check(raw.sqlite3_bind_null(statement, ++_bound));
        return this;
    }

    /// <summary>Runs to the end and resets.</summary>
    public void Run()
    {
        try
        {
            while (Read())
            {
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Moves to the next row; false at the end, and again when asked again.</summary>
    public bool Read()
    {
        // A step behind the end would begin again.
        if (_ended)
        {
            return false;
        }

        var result = raw.sqlite3_step(statement);
        connection.Check(result);
        _ended = result != raw.SQLITE_ROW;
        return !_ended;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    public int Int32(int column) => raw.sqlite3_column_int(statement, column);

    public bool Bool(int column) => Int32(column) != 0;

    public long? NullableInt64(int column) => IsNull(column) ? null : Int64(column);

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Int64(column));

    public DateTimeOffset? NullableTime(int column) => IsNull(column) ? null : Time(column);

    public string Text(int column) => NullableText(column) ?? string.Empty;

    public string? NullableText(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    /// <summary>Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    /// <summary>Steps of SQLite's virtual machine since the last call: what a query costs whatever the clock says.</summary>
    public int TakeSteps() => raw.sqlite3_stmt_status(statement, VirtualMachineSteps, 1);

    public void Dispose()
    {
        if (!_inUse)
        {
            return;
        }

        _inUse = false;
        if (!isCached)
        {
            Free();
            return;
        }

        // The result repeats the error of the last step, which has been reported already.
        _ = raw.sqlite3_reset(statement);
    }

    public void Free() => raw.sqlite3_finalize(statement);
}

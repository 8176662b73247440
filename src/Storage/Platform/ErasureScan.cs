using System.Runtime.CompilerServices;
using System.Text;
using Relay.Platform.Privacy;

namespace Relay.Storage;

/// <summary>Looks for an address in the texts of one table, window by window, so that no snapshot is old and memory is bounded.</summary>
/// <param name="Table">With the alias <c>t</c> and what is joined to it.</param>
/// <param name="Joined">Joins to <c>t</c>; may be empty.</param>
/// <param name="Key">Integer key of <c>t</c> by which the windows go.</param>
/// <param name="Result">Column that names what was found; integer.</param>
/// <param name="Texts">Columns to look into; blobs are read as UTF-8.</param>
/// <remarks>Names are constants of this project, never text from outside.</remarks>
internal sealed record ErasureScan(string Table, string Joined, string Key, string Result, params IReadOnlyList<string> Texts)
{
    private const int WindowRows = 5_000;
    private const int FixedParameters = 3;

    /// <summary>Results of one window after the other; the same result may come again.</summary>
    public async IAsyncEnumerable<IReadOnlyList<long>> FindAsync(
        SqliteReaders readers, Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = 0L;
        while (after < long.MaxValue)
        {
            var begin = after;
            (after, var found) = await readers.ReadAsync(connection => Window(connection, erasure, begin), cancellationToken);
            if (found.Count > 0)
            {
                yield return found;
            }
        }
    }

    private (long End, List<long> Found) Window(SqliteConnection connection, Erasure erasure, long after)
    {
        using var boundary = connection.UseOnce($"SELECT {Key} FROM {Table} t WHERE {Key} > ? ORDER BY {Key} LIMIT 1 OFFSET ?").Bind(after).Bind(WindowRows - 1);
        var end = boundary.Read() ? boundary.Int64(0) : long.MaxValue;
        using var query = connection.UseOnce(Sql(erasure.Patterns.Count)).Bind(after).Bind(end).Bind(erasure.AccountId);
        foreach (var pattern in erasure.Patterns)
        {
            query.Bind(pattern);
        }

        // The patterns match longer addresses, too.
        var found = new HashSet<long>();
        while (query.Read())
        {
            if (!found.Contains(query.Int64(0)) && Mentions(query, erasure))
            {
                found.Add(query.Int64(0));
            }
        }

        return (end, [.. found]);
    }

    private bool Mentions(SqliteStatement row, Erasure erasure)
    {
        for (var i = 1; i <= Texts.Count; i++)
        {
            if (erasure.IsIn(row.NullableText(i)))
            {
                return true;
            }
        }

        return false;
    }

    private string Sql(int patterns)
    {
        var sql = new StringBuilder(
            $"SELECT {Result}, CAST({string.Join(" AS TEXT), CAST(", Texts)} AS TEXT) FROM {Table} t {Joined} WHERE t.{Key} > ?1 AND t.{Key} <= ?2");
        sql.Append(" AND (?3 IS NULL OR t.account_id = ?3) AND (0");
        foreach (var text in Texts)
        {
            for (var i = 1; i <= patterns; i++)
            {
                sql.Append(" OR CAST(").Append(text).Append(@" AS TEXT) LIKE ?").Append(FixedParameters + i).Append(@" ESCAPE '\'");
            }
        }

        return sql.Append(')').ToString();
    }
}

/// <summary>Changes rows in pieces that hold up the writer for about 20 ms.</summary>
internal static class ErasurePieces
{
    private const int MaxRows = 1_000;

    /// <summary>A piece begins nothing more after this.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMilliseconds(20);

    /// <summary>Erases in every row that the scan finds.</summary>
    /// <returns>How many rows were changed.</returns>
    public static async ValueTask<int> EraseAsync(
        SqliteReaders readers, SqliteWriter writer, TimeProvider time, ErasureScan scan, Erasure erasure,
        Func<SqliteConnection, long, Erasure, bool> erase, CancellationToken cancellationToken)
    {
        var erased = 0;
        await foreach (var window in scan.FindAsync(readers, erasure, cancellationToken))
        {
            erased += await ChangeAsync(writer, time, window, (connection, key) => erase(connection, key, erasure), cancellationToken);
        }

        return erased;
    }

    /// <param name="change">Looks at the row again, because it may have changed meanwhile; true when it changed something.</param>
    public static async ValueTask<int> ChangeAsync(
        SqliteWriter writer, TimeProvider time, IReadOnlyList<long> keys, Func<SqliteConnection, long, bool> change, CancellationToken cancellationToken)
    {
        var changed = 0;
        for (var next = 0; next < keys.Count;)
        {
            var begin = next;
            (next, var count) = await writer.RunAsync(WriterLane.Bulk, 0, connection => Change(connection, time, keys, begin, change), cancellationToken);
            changed += count;
        }

        return changed;
    }

    private static (int Next, int Changed) Change(
        SqliteConnection connection, TimeProvider time, IReadOnlyList<long> keys, int next, Func<SqliteConnection, long, bool> change)
    {
        var start = time.GetTimestamp();
        var end = Math.Min(keys.Count, next + MaxRows);
        var changed = 0;
        while (next < end && time.GetElapsedTime(start) < MaxDuration)
        {
            changed += change(connection, keys[next++]) ? 1 : 0;
        }

        return (next, changed);
    }
}

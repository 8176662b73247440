using System.Globalization;
using System.Text;
using Relay.Platform.Contacts;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>One CSV file on its way into the suppression list: our own export, or any file with a column of addresses.</summary>
/// <remarks>A first row that names no column <c>address</c> must be an address itself: then the file is a plain list.</remarks>
internal sealed class SuppressionImport(ISuppressionStore store, long accountId, TimeProvider time)
{
    private const char ByteOrderMark = '\uFEFF';
    private const int PieceSize = 1000;
    private const int MaxProblems = 100;

    private readonly List<Suppression> _piece = [];
    private readonly List<string> _problems = [];

    public int Read { get; private set; }

    public int Changed { get; private set; }

    public int Refused { get; private set; }

    public IReadOnlyList<string> Problems => _problems;

    /// <returns>What is wrong with the file as a whole; null when it was read to its end.</returns>
    public async ValueTask<string?> RunAsync(Stream stream, CancellationToken cancellationToken)
    {
        var csv = new CsvReader(stream, ',', Encoding.UTF8, position: 0);
        try
        {
            if (await csv.ReadAsync(cancellationToken) is not { } head)
            {
                return null;
            }

            IReadOnlyList<string> first = [.. head.Fields.Select((field, i) => i == 0 ? field.TrimStart(ByteOrderMark) : field)];
            var columns = ReadColumns(first);
            if (columns is null)
            {
                columns = new Dictionary<string, int> { [SuppressionFile.Address] = 0 };
                if (first.Count == 0 || !SuppressionKey.TryParse(first[0], out _))
                {
                    return "the first row names no column 'address' and is no address";
                }

                Take(new CsvRecord(first, null), columns, record: 1);
            }

            for (var record = 2; await csv.ReadAsync(cancellationToken) is { } row; record++)
            {
                Take(row, columns, record);
                if (_piece.Count >= PieceSize)
                {
                    await FlushAsync(cancellationToken);
                }
            }

            return null;
        }
        finally
        {
            await FlushAsync(CancellationToken.None);
        }
    }

    private static Dictionary<string, int>? ReadColumns(IReadOnlyList<string> row)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < row.Count; i++)
        {
            var name = row[i].Trim().ToLowerInvariant().Replace('-', '_').Replace(' ', '_');
            columns.TryAdd(name is "email" or "e_mail" or "email_address" or "recipient" ? SuppressionFile.Address : name, i);
        }

        return columns.ContainsKey(SuppressionFile.Address) ? columns : null;
    }

    private void Take(CsvRecord row, Dictionary<string, int> columns, int record)
    {
        if (row.IsBlank)
        {
            return;
        }

        Read++;
        var problem = row.Problem;
        var entry = problem is null ? Parse(row.Fields, columns, out problem) : null;
        if (entry is not null)
        {
            _piece.Add(entry);
            return;
        }

        Refused++;
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(string.Create(CultureInfo.InvariantCulture, $"row {record}: {problem}"));
        }
    }

    private Suppression? Parse(IReadOnlyList<string> row, Dictionary<string, int> columns, out string? problem)
    {
        var address = Value(row, columns, SuppressionFile.Address);
        var scopeText = Value(row, columns, SuppressionFile.Scope);
        var reasonText = Value(row, columns, SuppressionFile.Reason);
        var reason = reasonText is null ? SuppressionReason.Manual : Words.Parse<SuppressionReason>(reasonText);
        DateTimeOffset? expires = null;
        DateTimeOffset? created = null;
        problem = !SuppressionKey.TryParse(address, out var key) ? $"'{address}' is not an e-mail address, nor *@domain or local@*"
            : !SuppressionScope.TryParse(scopeText, out var scope) ? $"'{scopeText}' is no scope"
            : reason is null ? $"'{reasonText}' is no reason"
            : !TryReadTime(Value(row, columns, SuppressionFile.ExpiresAt), out expires) ? "expires_at is no time"
            : !TryReadTime(Value(row, columns, SuppressionFile.CreatedAt), out created) ? "created_at is no time"
            : null;
        _ = SuppressionScope.TryParse(scopeText, out scope);
        var detail = Value(row, columns, SuppressionFile.Detail);
        return problem is not null ? null : new Suppression
        {
            AccountId = accountId,
            Address = key!,
            Scope = scope,
            Reason = reason!.Value,
            Detail = detail is { Length: > Suppression.MaxDetailLength } ? detail[..Suppression.MaxDetailLength] : detail,
            Evidence = Value(row, columns, "evidence"),
            CreatedAt = created ?? time.GetUtcNow(),
            ExpiresAt = expires,
        };
    }

    // Our export puts an apostrophe before what a spreadsheet would take for a formula.
    private static string? Value(IReadOnlyList<string> row, Dictionary<string, int> columns, string name)
    {
        var text = columns.TryGetValue(name, out var at) && at < row.Count ? row[at].Trim() : string.Empty;
        text = text.Length > 1 && text[0] == '\'' && text[1] is '=' or '+' or '-' or '@' ? text[1..] : text;
        return text.Length == 0 ? null : text;
    }

    private static bool TryReadTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
        {
            return true;
        }

        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value);
        time = value;
        return isTime;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_piece.Count > 0)
        {
            Changed += await store.AddRangeAsync([.. _piece], cancellationToken);
            _piece.Clear();
        }
    }
}

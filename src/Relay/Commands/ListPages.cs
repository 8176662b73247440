using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Relay;

/// <summary>Prints a list of the admin API: page by page to its end, however long it is, or at most so many entries.</summary>
/// <param name="Path">With its filters, without cursor and limit.</param>
internal sealed record ListPages(string Path)
{
    private const int Largest = 500;

    /// <summary>Of lists that go forward; those with the newest first go on <c>before</c> an entry.</summary>
    public string Cursor { get; init; } = "after";

    /// <summary>What the list takes as limit.</summary>
    public int LargestPage { get; init; } = Largest;

    /// <summary>Null: all.</summary>
    public int? AtMost { get; init; }

    /// <summary>Said to people when there is nothing.</summary>
    public string? WhenEmpty { get; init; }

    /// <summary>How it looks on a terminal; null: as elsewhere, one line for each entry.</summary>
    public IReadOnlyList<ListColumn>? Columns { get; init; }

    /// <summary>The option --limit; so many when it is not given.</summary>
    public static int LimitOf(CommandContext context, int usual) => context.Invocation.Option("limit") is not { } text
        ? usual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? limit
            : throw new UsageException($"--limit {text} is no number above 0");

    /// <summary>JSON where it is asked for, in the form of one page; a table on a terminal; else one text for each entry. Returns the exit code.</summary>
    public async Task<int> WriteAsync(CommandContext context, AdminClient client, Func<JsonElement, string> line, CancellationToken cancellationToken)
    {
        await WriteEntriesAsync(context, client, line, cancellationToken);
        return ExitCodes.Ok;
    }

    /// <summary>As <see cref="WriteAsync"/>; returns how many there were.</summary>
    public async Task<int> WriteEntriesAsync(CommandContext context, AdminClient client, Func<JsonElement, string> line, CancellationToken cancellationToken)
    {
        var isJson = context.Invocation.Has("json");
        var (count, next) = (0, "null");
        var form = new ListForm(context.Out, isJson ? null : context.TerminalColumns, Columns);
        await foreach (var page in ReadAsync(client, cancellationToken))
        {
            var entries = page.GetProperty("entries").EnumerateArray().ToList();
            if (form.TryWriteTable(entries))
            {
                count += entries.Count;
                continue;
            }

            foreach (var entry in entries)
            {
                await context.Out.WriteAsync(isJson ? (count == 0 ? "{\"entries\":[" : ",") + entry.GetRawText() : line(entry).TrimEnd() + Environment.NewLine);
                count++;
            }

            next = page.GetProperty("next").GetRawText();
        }

        if (isJson)
        {
            await context.Out.WriteLineAsync((count == 0 ? "{\"entries\":[" : string.Empty) + $"],\"next\":{next}}}");
        }
        else if (count == 0 && WhenEmpty is not null)
        {
            await context.Out.WriteLineAsync(WhenEmpty);
        }

        return count;
    }

    /// <summary>The pages as the API answers them.</summary>
    public async IAsyncEnumerable<JsonElement> ReadAsync(AdminClient client, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (count, next) = (0, default(string));
        do
        {
            var page = await client.GetAsync(PathOf(count, next), cancellationToken);
            yield return page;
            count += page.GetProperty("entries").GetArrayLength();
            next = page.GetProperty("next") is { ValueKind: not JsonValueKind.Null } cursor ? cursor.ToString() : null;
        }
        while (next is not null && (AtMost is null || count < AtMost));
    }

    private string PathOf(int count, string? next)
    {
        var limit = Math.Min(LargestPage, (AtMost ?? int.MaxValue) - count);
        var path = $"{Path}{(Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={limit.ToString(CultureInfo.InvariantCulture)}";
        return next is null ? path : $"{path}&{Cursor}={Uri.EscapeDataString(next)}";
    }
}

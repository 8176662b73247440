namespace Relay.Platform.Analytics;

/// <summary>Reads counts over time, by group, with a point for every hour or day.</summary>
internal sealed class SeriesReader(IAnalyticsStore store)
{
    private const int MaxGroups = 50;

    public async ValueTask<Counts> TotalAsync(CountQuery query, CancellationToken cancellationToken)
    {
        var rows = await store.ReadAsync(query with { GroupBy = CountGroup.None, IsByTime = false }, cancellationToken);
        return rows.Count == 0 ? new Counts() : rows[0].Counts;
    }

    /// <summary>The largest groups first.</summary>
    public ValueTask<IReadOnlyList<CountRow>> GroupsAsync(CountQuery query, CancellationToken cancellationToken) =>
        store.ReadAsync(query with { IsByTime = false, Limit = MaxGroups }, cancellationToken);

    /// <summary>Groups with their points; the largest ones when all would be too many points, and one without name when the query asks for no group.</summary>
    public async ValueTask<IReadOnlyList<(string? Group, IReadOnlyList<CountRow> Points)>> SeriesAsync(CountQuery query, CancellationToken cancellationToken)
    {
        if (query.GroupBy == CountGroup.None)
        {
            return [(null, Fill(query, await store.ReadAsync(query with { IsByTime = true }, cancellationToken)))];
        }

        var points = (query.To - query.From) / AnalyticsFilter.Length(query.Span);
        var groups = await store.ReadAsync(
            query with { IsByTime = false, Limit = (int)Math.Clamp(AnalyticsFilter.MaxPoints / points, 1, MaxGroups) }, cancellationToken);
        var series = new List<(string?, IReadOnlyList<CountRow>)>();
        foreach (var group in groups)
        {
            var rows = await store.ReadAsync(Only(query, group.Group!) with { GroupBy = CountGroup.None, IsByTime = true }, cancellationToken);
            series.Add((group.Group, Fill(query, rows)));
        }

        return series;
    }

    private static CountQuery Only(CountQuery query, string group) => query.GroupBy switch
    {
        CountGroup.Domain => query with { Domain = group },
        CountGroup.Tag => query with { Tag = group },
        _ => query with { Stream = Enum.Parse<Queue.MailStream>(group, ignoreCase: true) },
    };

    private static List<CountRow> Fill(CountQuery query, IReadOnlyList<CountRow> rows)
    {
        var known = rows.ToDictionary(row => row.At!.Value, row => row.Counts);
        var points = new List<CountRow>();
        for (var at = query.From; at < query.To; at += AnalyticsFilter.Length(query.Span))
        {
            points.Add(new CountRow(at, null, known.GetValueOrDefault(at) ?? new Counts()));
        }

        return points;
    }
}

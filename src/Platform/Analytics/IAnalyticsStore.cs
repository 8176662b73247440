using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>Counts by account, hour and day (UTC), domain, stream and tag. Thread safe.</summary>
public interface IAnalyticsStore
{
    /// <summary>The last event counted; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    /// <summary>Counts the events above the cursor and moves it to <paramref name="through"/>, in one transaction.</summary>
    ValueTask AddAsync(IReadOnlyList<CountedEvent> events, long through, CancellationToken cancellationToken);

    /// <summary>Sums, by time and group as the query asks, earliest first; of groups without time the largest first.</summary>
    ValueTask<IReadOnlyList<CountRow>> ReadAsync(CountQuery query, CancellationToken cancellationToken);

    /// <summary>Deletes hours and days that began before these instants, and what tells first opens of messages accepted before the last one.</summary>
    ValueTask PruneAsync(DateTimeOffset hours, DateTimeOffset days, DateTimeOffset uniques, CancellationToken cancellationToken);
}

/// <summary>The values are stored.</summary>
public enum CountSpan
{
    Hour = 0,
    Day = 1,
}

public enum CountGroup
{
    None = 0,
    Domain = 1,
    Tag = 2,
    Stream = 3,
}

/// <summary>Conditions joined by and; null means any.</summary>
public sealed record CountQuery
{
    public required long AccountId { get; init; }

    public required CountSpan Span { get; init; }

    /// <summary>Spans that begin at or after this.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Spans that begin before this.</summary>
    public required DateTimeOffset To { get; init; }

    public string? Domain { get; init; }

    public string? Tag { get; init; }

    public MailStream? Stream { get; init; }

    public CountGroup GroupBy { get; init; }

    /// <summary>One row per span; otherwise all of them in one.</summary>
    public bool IsByTime { get; init; }

    /// <summary>Rows at most.</summary>
    public int Limit { get; init; } = 10_000;
}

/// <param name="At">Begin of the span; null when the query did not ask by time.</param>
/// <param name="Group">Domain, tag or name of the stream; null when the query asked for no group.</param>
public sealed record CountRow(DateTimeOffset? At, string? Group, Counts Counts);

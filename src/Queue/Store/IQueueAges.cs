namespace Relay.Queue;

/// <summary>How old what waits is, and whose it is.</summary>
public interface IQueueAges
{
    /// <summary>Open recipients by the age of their message, the largest groups first. Reads every open recipient once.</summary>
    ValueTask<IReadOnlyList<QueueAgeRow>> AgesAsync(QueueGrouping grouping, int maxRows, CancellationToken cancellationToken);
}

/// <summary>What recipients are gathered by.</summary>
public enum QueueGrouping
{
    /// <summary>One row for the whole queue.</summary>
    All,

    /// <summary>Recipient domain, whatever rule applies.</summary>
    Domain,

    /// <summary>Domain of the envelope sender; empty for the null reverse-path.</summary>
    Sender,

    /// <summary>Number of the account.</summary>
    Account,

    Stream,

    State,
}

/// <summary>One group.</summary>
/// <param name="Name">Of the group; empty for the whole queue.</param>
/// <param name="Counts">Recipients younger than each bound of <see cref="AgeBounds"/> and not counted before; the last holds the rest.</param>
public sealed record QueueAgeRow(string Name, long Total, IReadOnlyList<long> Counts)
{
    /// <summary>Each doubles the one before, so that old mail stands out whatever the queue's size.</summary>
    public static readonly IReadOnlyList<TimeSpan> AgeBounds =
        [.. new[] { 5, 10, 20, 40, 80, 160, 320, 640, 1280 }.Select(minutes => TimeSpan.FromMinutes(minutes))];

    /// <param name="youngerThan">Recipients younger than each bound.</param>
    public static QueueAgeRow Of(string name, long total, IReadOnlyList<long> youngerThan)
    {
        var counts = new long[youngerThan.Count + 1];
        for (var i = 0; i < youngerThan.Count; i++)
        {
            counts[i] = youngerThan[i] - (i == 0 ? 0 : youngerThan[i - 1]);
        }

        counts[^1] = total - (youngerThan.Count == 0 ? 0 : youngerThan[^1]);
        return new QueueAgeRow(name, total, counts);
    }
}

using Relay.Delivery;

namespace Relay.Tests.Support;

/// <summary>The contract in the plainest words.</summary>
public sealed class MemoryTlsReportStore : ITlsReportStore
{
    private readonly Lock _gate = new();
    private List<TlsSessionCount> _rows = [];

    /// <summary>Thrown by the next additions.</summary>
    public Exception? Trouble { get; set; }

    public ValueTask AddAsync(IReadOnlyList<TlsSessionCount> counts, CancellationToken cancellationToken)
    {
        if (Trouble is not null)
        {
            throw Trouble;
        }

        lock (_gate)
        {
            foreach (var count in counts)
            {
                Add(count);
            }

            var oldest = counts.Max(count => count.Day).AddDays(1 - ITlsReportStore.Days);
            _rows = [.. _rows.Where(row => row.Day >= oldest)];
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<string>> DomainsAsync(DateOnly day, string? after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(
                [.. _rows.Where(row => row.Day == day).Select(row => row.Domain).Distinct().Order(StringComparer.Ordinal)
                    .Where(domain => string.CompareOrdinal(domain, after) > 0).Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyList<TlsSessionCount>> ReadAsync(DateOnly day, string domain, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new([.. _rows.Where(row => row.Day == day && row.Domain == domain)]);
        }
    }

    private static TlsSessionCount Key(TlsSessionCount count) => count with { Sessions = 0, Detail = null };

    private void Add(TlsSessionCount count)
    {
        if (_rows.TrueForAll(row => Key(row) != Key(count)) && count.Result != TlsSessionResult.Success
            && _rows.Count(row => row.Day == count.Day && row.Domain == count.Domain) >= ITlsReportStore.MaxDetails)
        {
            count = count with { MailHost = "", ReceivingAddress = "", SendingAddress = "" };
        }

        var at = _rows.FindIndex(row => Key(row) == Key(count));
        if (at >= 0)
        {
            _rows[at] = _rows[at] with { Sessions = _rows[at].Sessions + count.Sessions, Detail = count.Detail ?? _rows[at].Detail };
        }
        else if (_rows.Count(row => row.Day == count.Day) < ITlsReportStore.MaxRows)
        {
            _rows.Add(count);
        }
    }
}

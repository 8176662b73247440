using System.Collections.Concurrent;
using Relay.Platform.Quotas;

namespace Relay.Tests.Support;

/// <summary>Counts in memory; thread safe.</summary>
public sealed class MemoryEmailCountStore : IEmailCountStore
{
    private readonly ConcurrentDictionary<QuotaSubject, EmailCount> _counts = new();

    /// <summary>Thrown at the next write, once.</summary>
    public Exception? NextFailure { get; set; }

    public IReadOnlyCollection<EmailCount> All => [.. _counts.Values];

    public ValueTask<EmailCount?> FindAsync(QuotaSubject subject, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_counts.GetValueOrDefault(subject));

    public ValueTask WriteAsync(IReadOnlyList<EmailCount> counts, CancellationToken cancellationToken)
    {
        if (NextFailure is { } failure)
        {
            NextFailure = null;
            return ValueTask.FromException(failure);
        }

        foreach (var count in counts)
        {
            _counts[count.Subject] = count;
        }

        return ValueTask.CompletedTask;
    }
}

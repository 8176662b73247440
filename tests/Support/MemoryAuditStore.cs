using Relay.Senders;

namespace Relay.Tests.Support;

/// <summary>Audit entries in memory; thread safe.</summary>
public sealed class MemoryAuditStore : IAuditStore
{
    private readonly List<AuditEntry> _entries = [];
    private readonly Lock _gate = new();

    public ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _entries.Add(entry with { Id = _entries.Count + 1 });
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<IReadOnlyList<AuditEntry>> ListAsync(long? before, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<AuditEntry>>(
                [.. _entries.Where(entry => before is null || entry.Id < before).OrderByDescending(entry => entry.Id).Take(limit)]);
        }
    }
}

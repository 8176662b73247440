namespace Relay.Senders;

public interface IAuditStore
{
    ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Newest first, entries with an id below <paramref name="before"/> (null: from the newest).</summary>
    ValueTask<IReadOnlyList<AuditEntry>> ListAsync(long? before, int limit, CancellationToken cancellationToken);
}

namespace Relay.Senders;

public static class AuditTrail
{
    /// <summary>Notes an act that is done already.</summary>
    public static ValueTask AppendAsync(
        this IAuditStore store,
        AuditActor actor,
        TimeProvider timeProvider,
        string action,
        string target,
        CancellationToken cancellationToken,
        long accountId = 1) =>
        store.AppendAsync(
            new AuditEntry
            {
                AccountId = accountId,
                At = timeProvider.GetUtcNow(),
                Actor = actor.Name,
                From = actor.From,
                Action = action,
                Target = target,
                AffectedCount = 1,
            },
            cancellationToken);
}

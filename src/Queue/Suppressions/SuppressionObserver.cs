namespace Relay.Queue;

/// <summary>Suppresses by itself, from events: hard bounces of recipients, complaints, unsubscriptions. Never for a fault that is not the recipient's.</summary>
/// <remarks>Each event counts once: the store keeps the sequence of the last one together with what came of it.</remarks>
public sealed class SuppressionObserver(ISuppressionStore store, IQueueStore queue, SuppressionOptions options) : IEventObserver
{
    public string Name => "suppressions";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var telling = events.Where(Tells).ToList();
        if (telling.Count == 0)
        {
            return;
        }

        var facts = await queue.FactsAsync([.. telling.Select(e => e.MessageId).Distinct()], cancellationToken);
        var notices = telling.Select(e => NoticeOf(e, facts.GetValueOrDefault(e.MessageId))).OfType<SuppressionNotice>().ToList();
        if (notices.Count > 0)
        {
            await store.ApplyAsync(notices, events[^1].Sequence, cancellationToken);
        }
    }

    private bool Tells(DeliveryEvent e) => e.Recipient is not null && e.Kind switch
    {
        DeliveryEventKind.Bounced => options.HardBounces > 0 && e is { IsHard: true, Fault: FaultSide.Recipient },
        DeliveryEventKind.Complained => options.Complaints,
        DeliveryEventKind.Unsubscribed => options.Unsubscriptions,
        _ => false,
    };

    private SuppressionNotice? NoticeOf(DeliveryEvent e, QueuedMessage? message)
    {
        // What the simulator's recipients do is an exercise.
        if (!SuppressionKey.TryParse(e.Recipient, out var key) || key.EndsWith("@" + SimulatedDomain, StringComparison.Ordinal) || SuppressionKey.IsPattern(key))
        {
            return null;
        }

        var entry = new Suppression
        {
            AccountId = e.AccountId,
            Address = key,
            Reason = SuppressionReason.Manual,
            Detail = Bound(e.Text),
            Evidence = EvidenceOf(e),
            MessageId = e.MessageId,
            CreatedAt = e.At,
        };
        return e.Kind switch
        {
            DeliveryEventKind.Bounced => new SuppressionNotice(
                entry with { Reason = SuppressionReason.HardBounce, ExpiresAt = options.HardBounceExpiry > TimeSpan.Zero ? e.At + options.HardBounceExpiry : null },
                options.HardBounces,
                options.HardBounceWindow),
            DeliveryEventKind.Complained => new SuppressionNotice(entry with { Reason = SuppressionReason.Complaint }, 1, TimeSpan.Zero),
            _ => new SuppressionNotice(entry with { Reason = SuppressionReason.Unsubscribe, Scope = ScopeOf(message) }, 1, TimeSpan.Zero),
        };
    }

    public const string SimulatedDomain = "simulator.relay.test";

    // Who leaves a list wants other mail still; of an unknown message all broadcasts are meant.
    private static SuppressionScope ScopeOf(QueuedMessage? message) =>
        message?.ListId is { } list ? SuppressionScope.OfList(list) : SuppressionScope.Of(message?.Stream ?? MailStream.Broadcast);

    private static string EvidenceOf(DeliveryEvent e) =>
        string.Join("; ", new[] { e.Rule, e.ReplyCode is { } code ? $"reply {code} {e.EnhancedCode}".TrimEnd() : e.EnhancedCode, e.RemoteHost, $"event {e.Sequence}" }.Where(text => text is not null));

    private static string? Bound(string? text) => text is { Length: > Suppression.MaxDetailLength } ? text[..Suppression.MaxDetailLength] : text;
}

/// <summary>What suppresses by itself.</summary>
public sealed record SuppressionOptions
{
    /// <summary>Hard bounces of an address within <see cref="HardBounceWindow"/> that suppress it; 0: none do.</summary>
    public int HardBounces { get; init; } = 1;

    public TimeSpan HardBounceWindow { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Zero: for ever.</summary>
    public TimeSpan HardBounceExpiry { get; init; } = TimeSpan.Zero;

    public bool Complaints { get; init; } = true;

    public bool Unsubscriptions { get; init; } = true;
}

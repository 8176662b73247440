using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Keeps the status of each e-mail in step with its events: the highest reached counts, but a new time makes it scheduled again.</summary>
internal sealed class EmailStatusFollower(IEmailStore store) : IEventObserver
{
    public string Name => "email-status";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.StatusCursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var changes = events
            .Where(happened => happened.Kind != DeliveryEventKind.Accepted && EmailStatuses.Of(happened).Count > 0)
            .Select(happened => new EmailStatusChange(
                happened.MessageId, EmailStatuses.Of(happened).Max(), happened.At, happened.Kind == DeliveryEventKind.Rescheduled));
        await store.ApplyStatusesAsync([.. changes], events[^1].Sequence, cancellationToken);
    }
}

using System.Diagnostics;
using Relay.Admin;
using Relay.Platform;
using Relay.Queue;

namespace Relay;

/// <summary>Spans of messages, made from their events: one for the acceptance, one for the time in the queue before the first attempt, one for each attempt with its whole duration.</summary>
internal sealed class EventTraces : IEventFollower, IDisposable
{
    public const string SourceName = "Relay.Mail";

    private readonly ActivitySource _source = new(SourceName, CommandRunner.Version);

    public ValueTask FollowAsync(IReadOnlyList<DeliveryEvent> events)
    {
        if (_source.HasListeners())
        {
            foreach (var item in events)
            {
                Trace(item);
            }
        }

        return ValueTask.CompletedTask;
    }

    public void Dispose() => _source.Dispose();

    private void Trace(DeliveryEvent item)
    {
        var isAttempt = item.Attempt is not null;
        if (!isAttempt && item.Kind != DeliveryEventKind.Accepted)
        {
            return;
        }

        var start = item.At - TimeSpan.FromMilliseconds(isAttempt ? item.DurationMs ?? 0 : 0);
        if (item.Attempt == 1)
        {
            TraceWait(item, start);
        }

        using var span = _source.StartActivity(
            isAttempt ? "attempt" : "accept", isAttempt ? ActivityKind.Client : ActivityKind.Producer, TraceContexts.Of(item.MessageId), startTime: start);
        if (span is null)
        {
            return;
        }

        Name(span, item);
        span.SetTag("relay.outcome", item.Kind.ToString().ToLowerInvariant());
        span.SetTag("relay.attempt", item.Attempt);
        span.SetTag("relay.site", item.Site);
        span.SetTag("relay.source", item.Source);
        span.SetTag("smtp.reply_code", item.ReplyCode);
        span.SetTag("smtp.enhanced_code", item.EnhancedCode);
        span.SetTag("server.address", item.RemoteHost);
        span.SetStatus(item.Kind is DeliveryEventKind.Bounced or DeliveryEventKind.Expired or DeliveryEventKind.Deferred ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        span.SetEndTime(item.At.UtcDateTime);
    }

    /// <summary>What a recipient waited for its first attempt: for its time, its turn, or a limit.</summary>
    private void TraceWait(DeliveryEvent item, DateTimeOffset end)
    {
        var accepted = QueueIdTime.Of(item.MessageId);
        using var span = _source.StartActivity("queue", ActivityKind.Internal, TraceContexts.Of(item.MessageId), startTime: accepted < end ? accepted : end);
        if (span is not null)
        {
            Name(span, item);
            span.SetEndTime(end.UtcDateTime);
        }
    }

    // Domains, never addresses: traces leave this machine.
    private static void Name(Activity span, DeliveryEvent item)
    {
        span.SetTag("relay.message_id", item.MessageId.ToString());
        span.SetTag("relay.recipient_domain", item.Recipient?[(item.Recipient.LastIndexOf('@') + 1)..]);
    }
}

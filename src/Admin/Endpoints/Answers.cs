using Relay.Queue;

namespace Relay.Admin;

/// <summary>A page of entries.</summary>
/// <param name="Next">Give it as <c>before</c> (lists with the newest first) or <c>after</c> for the page that follows; null on the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Entries, long? Next);

/// <summary>One recipient in the queue with the facts of its message.</summary>
internal sealed record QueueEntryAnswer(
    string MessageId,
    long RecipientId,
    string Recipient,
    string QueueKey,
    string State,
    int Attempts,
    DateTimeOffset? NextAttempt,
    DateTimeOffset AcceptedAt,
    string ReversePath,
    string? From,
    string? Subject,
    long SizeBytes,
    string? LastReply,
    string? LastHost)
{
    public static QueueEntryAnswer Of(QueueEntry entry) => new(
        entry.Message.Id.ToString(),
        entry.Recipient.Id,
        entry.Recipient.Address.ToString(),
        entry.Recipient.QueueKey,
        Words.Of(entry.Recipient.State),
        entry.Recipient.Attempts,
        entry.Recipient.State.IsWaiting() ? entry.Recipient.NextAttempt : null,
        entry.Message.AcceptedAt,
        entry.Message.ReversePath.ToString(),
        entry.Message.HeaderFrom,
        entry.Message.Subject,
        entry.Message.SizeBytes,
        entry.Recipient.LastReply,
        entry.Recipient.LastHost);
}

/// <summary>One message with all that is known but its content.</summary>
internal sealed record MessageAnswer(
    string Id,
    string Door,
    DateTimeOffset AcceptedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? NotBefore,
    string Stream,
    string Priority,
    long AccountId,
    IReadOnlyList<string> Tags,
    string? IdempotencyKey,
    string ReversePath,
    string? ClientAddress,
    string? From,
    string? Subject,
    string? MessageIdHeader,
    long SizeBytes,
    bool HasContent,
    IReadOnlyList<RecipientAnswer> Recipients,
    IReadOnlyList<EventAnswer> Events);

internal sealed record RecipientAnswer(
    long Id, string Address, string QueueKey, string State, int Attempts, DateTimeOffset? NextAttempt, DateTimeOffset UpdatedAt, string? LastReply, string? LastHost)
{
    public static RecipientAnswer Of(QueuedRecipient recipient) => new(
        recipient.Id,
        recipient.Address.ToString(),
        recipient.QueueKey,
        Words.Of(recipient.State),
        recipient.Attempts,
        recipient.State.IsWaiting() ? recipient.NextAttempt : null,
        recipient.UpdatedAt,
        recipient.LastReply,
        recipient.LastHost);
}

/// <summary>One event; the conversation only where the attempt failed.</summary>
internal sealed record EventAnswer(
    long Sequence,
    string Kind,
    DateTimeOffset At,
    string MessageId,
    long? RecipientId,
    string? Recipient,
    string? Class,
    string? Fault,
    int? Attempt,
    int? ReplyCode,
    string? EnhancedCode,
    string? Text,
    string? Step,
    string? RemoteHost,
    string? RemoteAddress,
    string? Tls,
    string? Site,
    string? Source,
    DateTimeOffset? NextAttempt,
    int? DurationMs,
    string? Actor,
    string? Conversation)
{
    public static EventAnswer Of(DeliveryEvent item) => new(
        item.Sequence,
        Words.Of(item.Kind),
        item.At,
        item.MessageId.ToString(),
        item.RecipientId,
        item.Recipient,
        item.Class,
        item.Fault == FaultSide.None ? null : Words.Of(item.Fault),
        item.Attempt,
        item.ReplyCode,
        item.EnhancedCode,
        item.Text,
        item.StepWord(),
        item.RemoteHost,
        item.RemoteAddress,
        item.Tls,
        item.Site,
        item.Source,
        item.NextAttempt,
        item.DurationMs,
        item.Actor,
        item.Conversation);
}

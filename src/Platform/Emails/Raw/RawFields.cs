using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>What stands beside a raw message, in JSON or in the query string. What is given here goes before what the message asks for.</summary>
internal sealed class RawFields
{
    public byte[]? Message { get; set; }

    /// <summary>Of the envelope.</summary>
    public NamedMailbox? From { get; set; }

    /// <summary>Of the envelope; null means as To, Cc and Bcc say.</summary>
    public IReadOnlyList<NamedMailbox>? To { get; set; }

    public DateTimeOffset? ScheduledAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public TimeSpan? ExpiresIn { get; set; }

    public IReadOnlyList<string>? Tags { get; set; }

    public MailStream? Stream { get; set; }

    public bool TrackOpens { get; set; }

    public bool TrackClicks { get; set; }
}

/// <summary>A raw e-mail of a request, with the key its header block may name.</summary>
internal sealed record RawEmail(EmailItem Item, string? IdempotencyKey);

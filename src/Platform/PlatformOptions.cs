using System.Collections.Frozen;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform;

/// <summary>What the configuration says of the HTTP e-mail API and of what recipients reach.</summary>
public sealed record PlatformOptions
{
    /// <summary>This server's name; stands in DNS records and message identifiers.</summary>
    public required string Hostname { get; init; }

    /// <summary>Only domains that proved themselves in DNS may stand in From.</summary>
    public bool RequireVerifiedDomains { get; init; } = true;

    /// <summary>Where recipients reach the public listener from outside, without trailing slash; null: no tracking, no links.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>What is added to mail of the streams; a stream without entry adds nothing.</summary>
    public IReadOnlyDictionary<MailStream, StreamFieldOptions> Streams { get; init; } = FrozenDictionary<MailStream, StreamFieldOptions>.Empty;

    /// <summary>Of one API key; 0 is without limit.</summary>
    public int RequestsPerSecond { get; init; } = 50;

    /// <summary>Of one account, through either door; 0 is without limit.</summary>
    public int EmailsPerHour { get; init; }

    /// <summary>Of one account, through either door; 0 is without limit.</summary>
    public int EmailsPerDay { get; init; }

    /// <summary>Of one account, through either door; 0 is without limit.</summary>
    public int RecipientsPerHour { get; init; }

    /// <summary>Of one account, through either door; 0 is without limit.</summary>
    public int RecipientsPerDay { get; init; }

    /// <summary>Composed message at most; the same for SMTP and HTTP.</summary>
    public long MaxMessageBytes { get; init; } = 25 * 1024 * 1024;

    /// <summary>Request bodies in memory at a time, all together; more answers 503.</summary>
    public long MaxBodyBytesInFlight { get; init; } = 256 * 1024 * 1024;

    /// <summary>Composed messages expire this long after they were due. May change while the server runs: it counts for what comes from then on.</summary>
    public TimeSpan ExpireAfter { get; set; } = TimeSpan.FromDays(5);

    /// <summary>Webhooks may have http:// URLs; otherwise https:// only.</summary>
    public bool AllowPlainWebhooks { get; init; }

    /// <summary>Webhooks that get the mail received for a domain, by the domain's A-labels.</summary>
    public IReadOnlyDictionary<string, ReceivedHook> Received { get; init; } = FrozenDictionary<string, ReceivedHook>.Empty;

    /// <summary>Finished webhook deliveries are kept so long.</summary>
    public TimeSpan WebhookLog { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Counts are kept so long.</summary>
    public TimeSpan Aggregates { get; init; } = TimeSpan.FromDays(400);
}

/// <summary>Header fields in mail of one stream.</summary>
public sealed record StreamFieldOptions
{
    /// <summary>List-Unsubscribe and List-Unsubscribe-Post (RFC 8058) in mail that has none.</summary>
    public bool OneClick { get; init; }

    /// <summary>Address for reports that stands beside the link, for mail programs that unsubscribe by mail; null: the link alone.</summary>
    public Mailbox? UnsubscribeMailbox { get; init; }

    /// <summary>Feedback-ID with <c>{campaign}</c>, <c>{account}</c>, <c>{stream}</c> and <c>{domain}</c>; null: none.</summary>
    public string? FeedbackId { get; init; }

    /// <summary>CFBL-Address (RFC 9477); null: none.</summary>
    public Mailbox? ComplaintMailbox { get; init; }

    /// <summary>Domain that signs beside that of From, so that <see cref="ComplaintMailbox"/> may be of it.</summary>
    public DomainName? Cosigner { get; init; }
}

using System.Globalization;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Which messages a webhook wants to hear of; conditions are joined by and, empty ones hold always.</summary>
public sealed record WebhookFilters
{
    public static WebhookFilters None { get; } = new();

    /// <summary>Sending domains: names (A-label, lower case), or ids as decimal text.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>One of them is enough.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public MailStream? Stream { get; init; }

    /// <param name="domain">Domain in From; null when it is not known.</param>
    /// <param name="message">Facts of the message; null for events of a domain, and when they are forgotten already.</param>
    public bool Match(string? domain, long? domainId, QueuedMessage? message) =>
        MatchesDomain(domain, domainId)
        && (message is null || Tags.Count == 0 || message.Tags.Any(tag => Tags.Contains(tag, StringComparer.Ordinal)))
        && (message is null || Stream is null || message.Stream == Stream);

    private bool MatchesDomain(string? domain, long? domainId) =>
        Domains.Count == 0
        || (domain is not null && Domains.Contains(domain, StringComparer.OrdinalIgnoreCase))
        || (domainId is { } id && Domains.Contains(id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal));
}

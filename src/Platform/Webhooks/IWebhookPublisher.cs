using System.Text.Json.Nodes;

namespace Relay.Platform.Webhooks;

/// <summary>Tells the webhooks of an account what happened apart from mail, such as <c>domain.verified</c>.</summary>
public interface IWebhookPublisher
{
    /// <summary>Durable when it returns; an account without webhooks costs nothing.</summary>
    /// <exception cref="ArgumentException">There is no such type.</exception>
    /// <exception cref="Queue.StoreUnavailableException">Nothing was noted.</exception>
    ValueTask PublishAsync(WebhookNotice notice, CancellationToken cancellationToken);
}

/// <summary>Something that happened to an account.</summary>
public sealed record WebhookNotice
{
    /// <summary>Becomes the id of the event: told twice, receivers know it again. Null: made when it is published.</summary>
    public Guid? Uid { get; init; }

    public required long AccountId { get; init; }

    /// <summary>One of the known types, such as <c>domain.created</c>.</summary>
    public required string Type { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The domain concerned (A-label), for filters; null when it concerns none.</summary>
    public string? Domain { get; init; }

    public long? DomainId { get; init; }

    /// <summary>The webhook it is about, which is not told itself.</summary>
    internal long? ExceptWebhookId { get; init; }

    /// <summary>Becomes <c>data</c> of the payload.</summary>
    public required JsonObject Data { get; init; }
}

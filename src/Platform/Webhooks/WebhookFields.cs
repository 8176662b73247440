namespace Relay.Platform.Webhooks;

/// <summary>What a request says of a webhook; null means it does not say.</summary>
internal sealed record WebhookFields
{
    public Uri? Url { get; init; }

    /// <summary>Empty takes the name away.</summary>
    public string? Name { get; init; }

    public IReadOnlyList<string>? Events { get; init; }

    public WebhookFilters? Filters { get; init; }

    /// <summary>Replaces all there are.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>Active or Inactive.</summary>
    public WebhookStatus? Status { get; init; }

    public int? RateLimit { get; init; }

    public WebhookRatePeriod? RatePeriod { get; init; }

    public bool? Ordered { get; init; }

    /// <summary>The webhook with these fields; those that need keys are left to the caller.</summary>
    public Webhook ApplyTo(Webhook webhook) => webhook with
    {
        Url = Url ?? webhook.Url,
        Name = Name is null ? webhook.Name : Name.Length == 0 ? null : Name,
        Events = Events ?? webhook.Events,
        Filters = Filters ?? webhook.Filters,
        RateLimit = RateLimit ?? webhook.RateLimit,
        RatePeriod = RatePeriod ?? webhook.RatePeriod,
        Ordered = Ordered ?? webhook.Ordered,
    };
}

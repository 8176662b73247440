using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Relay.Platform.Webhooks;

/// <summary>A webhook as the API shows it.</summary>
internal sealed record WebhookAnswer
{
    public required string Id { get; init; }

    public required string? Name { get; init; }

    public required string Url { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    public required WebhookFiltersAnswer Filters { get; init; }

    /// <summary>Names with masked values.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required string Status { get; init; }

    public required string? StatusReason { get; init; }

    public required int RateLimit { get; init; }

    public required string RatePeriod { get; init; }

    public required bool Ordered { get; init; }

    /// <summary>Deliveries waiting for a try.</summary>
    public required long Pending { get; init; }

    public required string? FailingSince { get; init; }

    public required string? PreviousSecretUntil { get; init; }

    public required string CreatedAt { get; init; }

    public required string UpdatedAt { get; init; }

    /// <summary>Only in the answers to creation and rotation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    public static WebhookAnswer Of(Webhook webhook, long pending, DateTimeOffset now, string? secret = null) => new()
    {
        Id = PublicId.Text(webhook.Uid),
        Name = webhook.Name,
        Url = webhook.Url.AbsoluteUri,
        Events = webhook.Events,
        Filters = WebhookFiltersAnswer.Of(webhook.Filters),
        Headers = webhook.HeaderNames.ToDictionary(name => name, _ => WebhookCaller.Masked),
        Status = NameOf(webhook.Status),
        StatusReason = webhook.StatusReason,
        RateLimit = webhook.RateLimit,
        RatePeriod = webhook.RatePeriod == WebhookRatePeriod.Second ? "second" : "minute",
        Ordered = webhook.Ordered,
        Pending = pending,
        FailingSince = TimeText.Of(webhook.FailingSince),
        PreviousSecretUntil = TimeText.Of(webhook.PreviousSecretUntil > now ? webhook.PreviousSecretUntil : null),
        CreatedAt = WebhookPayload.Time(webhook.CreatedAt),
        UpdatedAt = WebhookPayload.Time(webhook.UpdatedAt),
        Secret = secret,
    };

    public static string NameOf(WebhookStatus status) => status switch
    {
        WebhookStatus.Active => "active",
        WebhookStatus.Inactive => "inactive",
        _ => "error",
    };
}

/// <param name="Domains">Names, and ids as numbers.</param>
internal sealed record WebhookFiltersAnswer(IReadOnlyList<object> Domains, IReadOnlyList<string> Tags, string? Stream)
{
    public static WebhookFiltersAnswer Of(WebhookFilters filters) => new(
        [.. filters.Domains.Select(domain => long.TryParse(domain, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? (object)id : domain)],
        filters.Tags,
        filters.Stream?.ToString().ToLowerInvariant());
}

internal sealed record WebhookListAnswer(IReadOnlyList<WebhookAnswer> Data, int Count);

internal sealed record WebhookTypesAnswer(IReadOnlyList<WebhookTypeAnswer> Data);

internal sealed record WebhookTypeAnswer(string Type, string Description);

internal sealed record WebhookRemovedAnswer(string Id, bool Success);

/// <param name="Replayed">Deliveries that go out again.</param>
/// <param name="Limited">More would match: the call may be repeated with a later start.</param>
internal sealed record WebhookReplayAnswer(int Replayed, bool Limited);

/// <param name="Next">Pass as <c>before</c> for the next page; null at the end.</param>
internal sealed record WebhookDeliveryListAnswer(IReadOnlyList<WebhookDeliveryAnswer> Data, string? Next);

/// <summary>A delivery in a list.</summary>
internal record WebhookDeliveryAnswer
{
    public required string Id { get; init; }

    public required string EventId { get; init; }

    public required string Type { get; init; }

    public required string? EmailId { get; init; }

    public required string Status { get; init; }

    public required int Attempts { get; init; }

    public required int? ResponseStatus { get; init; }

    public required string? Error { get; init; }

    public required int? DurationMs { get; init; }

    public required string CreatedAt { get; init; }

    public required string? LastAttemptAt { get; init; }

    public required string? NextAttemptAt { get; init; }

    public required string? FinishedAt { get; init; }

    public static WebhookDeliveryAnswer Of(WebhookDelivery delivery) => new()
    {
        Id = PublicId.Text(delivery.Uid),
        EventId = PublicId.Text(delivery.EventUid),
        Type = delivery.Type,
        EmailId = delivery.MessageId?.ToString(),
        Status = delivery.Status.ToString().ToLowerInvariant(),
        Attempts = delivery.Attempts,
        ResponseStatus = delivery.LastTry?.ResponseStatus,
        Error = delivery.LastTry?.Error,
        DurationMs = delivery.LastTry?.DurationMs,
        CreatedAt = WebhookPayload.Time(delivery.CreatedAt),
        LastAttemptAt = TimeText.Of(delivery.LastTry?.At),
        NextAttemptAt = TimeText.Of(delivery.NextTryAt),
        FinishedAt = TimeText.Of(delivery.FinishedAt),
    };
}

/// <summary>A delivery with all that is known of it.</summary>
internal sealed record WebhookDeliveryDetails : WebhookDeliveryAnswer
{
    [SetsRequiredMembers]
    private WebhookDeliveryDetails(WebhookDeliveryAnswer delivery, WebhookRequestAnswer request, WebhookResponseAnswer? response)
        : base(delivery)
    {
        Request = request;
        Response = response;
    }

    public WebhookRequestAnswer Request { get; }

    /// <summary>Of the last try; null when there was none.</summary>
    public WebhookResponseAnswer? Response { get; }

    public static new WebhookDeliveryDetails Of(WebhookDelivery delivery) => new(
        WebhookDeliveryAnswer.Of(delivery),
        new WebhookRequestAnswer(HeadersOf(delivery.LastTry), JsonElement.Parse(delivery.Body.Span)),
        delivery.LastTry is { ResponseStatus: { } status } tried ? new WebhookResponseAnswer(status, Encoding.UTF8.GetString(tried.ResponseBody.Span)) : null);

    private static Dictionary<string, string>? HeadersOf(WebhookTry? tried) => tried?.RequestHeaders
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(": ", 2))
        .ToDictionary(parts => parts[0], parts => parts[^1]);
}

/// <param name="Headers">Of the last try; null before the first.</param>
/// <param name="Body">As it is sent.</param>
internal sealed record WebhookRequestAnswer(IReadOnlyDictionary<string, string>? Headers, JsonElement Body);

/// <param name="Body">At most 4 KiB, read as UTF-8.</param>
internal sealed record WebhookResponseAnswer(int Status, string Body);

internal static class TimeText
{
    public static string? Of(DateTimeOffset? at) => at is { } time ? WebhookPayload.Time(time) : null;
}

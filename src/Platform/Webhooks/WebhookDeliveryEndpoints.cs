using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Webhooks;

/// <summary><c>/webhooks/{id}/deliveries</c>: what a webhook was told, and telling it again.</summary>
internal sealed class WebhookDeliveryEndpoints(WebhookService service)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 100;
    private const int MaxTimeLength = 64;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/deliveries", ListAsync).Needs(ApiScope.Read).WithSummary("Deliveries, newest first").Produces<WebhookDeliveryListAnswer>();
        group.MapGet("/deliveries/{deliveryId}", ShowAsync).Needs(ApiScope.Read)
            .WithSummary("One delivery with request and response").Produces<WebhookDeliveryDetails>();
        group.MapPost("/deliveries/{deliveryId}/replay", ReplayOneAsync).Needs(ApiScope.Full)
            .WithSummary("Send a finished delivery again").Produces<WebhookReplayAnswer>();
        group.MapPost("/replay", ReplayAsync).Needs(ApiScope.Full)
            .WithSummary("Send finished deliveries of a time, or all that failed, again").Produces<WebhookReplayAnswer>();
    }

    private async Task<IResult> ListAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, context, cancellationToken) is not { } webhook)
        {
            return WebhookService.Unknown();
        }

        var (filter, fault) = ReadFilter(webhook, context.Request.Query);
        if (filter is null)
        {
            return fault!;
        }

        var deliveries = await service.Deliveries.ListAsync(filter, cancellationToken);
        var next = deliveries.Count == filter.Limit ? PublicId.Text(deliveries[^1].Uid) : null;
        return TypedResults.Ok(new WebhookDeliveryListAnswer([.. deliveries.Select(WebhookDeliveryAnswer.Of)], next));
    }

    private async Task<IResult> ShowAsync(string id, string deliveryId, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, context, cancellationToken) is not { } webhook)
        {
            return WebhookService.Unknown();
        }

        return PublicId.Parse(deliveryId) is { } uid && await service.Deliveries.FindAsync(webhook.Id, uid, cancellationToken) is { } delivery
            ? TypedResults.Ok(WebhookDeliveryDetails.Of(delivery))
            : UnknownDelivery();
    }

    private async Task<IResult> ReplayOneAsync(string id, string deliveryId, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, context, cancellationToken) is not { } webhook)
        {
            return WebhookService.Unknown();
        }

        if (PublicId.Parse(deliveryId) is not { } uid || await service.Deliveries.FindAsync(webhook.Id, uid, cancellationToken) is not { } delivery)
        {
            return UnknownDelivery();
        }

        if (delivery.Status == WebhookDeliveryStatus.Pending)
        {
            return ApiFault.Conflict("this delivery is pending already");
        }

        var replay = new WebhookReplay { WebhookId = webhook.Id, IsOrdered = webhook.Ordered, Uid = uid, Limit = 1 };
        return TypedResults.Ok(new WebhookReplayAnswer(await service.ReplayAsync(ApiCaller.Of(context), webhook, replay, cancellationToken), false));
    }

    private async Task<IResult> ReplayAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, context, cancellationToken) is not { } webhook)
        {
            return WebhookService.Unknown();
        }

        if ((await JsonBody.ReadAsync(context, JsonBody.MaxSmallBytes, (ref Utf8JsonReader reader, FieldFaults faults) => ReadReplay(ref reader, faults, webhook)))
            .Failed(out var fault, out var replay))
        {
            return fault;
        }

        var count = await service.ReplayAsync(ApiCaller.Of(context), webhook, replay, cancellationToken);
        return TypedResults.Ok(new WebhookReplayAnswer(count, count >= replay.Limit));
    }

    private ValueTask<Webhook?> FindAsync(string id, HttpContext context, CancellationToken cancellationToken) =>
        service.FindAsync(ApiCaller.Of(context).AccountId, id, cancellationToken);

    private static ApiFault UnknownDelivery() => ApiFault.NotFound("there is no such delivery");

    private static (WebhookDeliveryFilter? Filter, ApiFault? Fault) ReadFilter(Webhook webhook, IQueryCollection query)
    {
        var status = Text(query, "status");
        WebhookDeliveryStatus? wanted = status switch
        {
            "pending" => WebhookDeliveryStatus.Pending,
            "succeeded" => WebhookDeliveryStatus.Succeeded,
            "failed" => WebhookDeliveryStatus.Failed,
            _ => null,
        };
        if (status is not null && wanted is null)
        {
            return (null, ApiFault.BadField("status", "must be pending, succeeded or failed"));
        }

        var type = Text(query, "type");
        if (type is not null && !WebhookTypes.IsKnown(type))
        {
            return (null, ApiFault.BadField("type", "is no event type; GET webhooks/event-types lists them"));
        }

        if (!TryTime(Text(query, "from"), out var from) || !TryTime(Text(query, "to"), out var to))
        {
            return (null, ApiFault.BadField("from, to", "must be ISO 8601 times"));
        }

        var before = Text(query, "before");
        if (before is not null && PublicId.Parse(before) is null)
        {
            return (null, ApiFault.BadField("before", "must be the id of a delivery"));
        }

        return TryLimit(Text(query, "limit"), out var limit)
            ? (new WebhookDeliveryFilter
            {
                WebhookId = webhook.Id,
                Status = wanted,
                Type = type,
                From = from,
                To = to,
                Before = before is null ? null : PublicId.Parse(before),
                Limit = limit,
            }, null)
            : (null, ApiFault.BadField("limit", $"must be a whole number from 1 to {MaxLimit}"));
    }

    private static WebhookReplay ReadReplay(ref Utf8JsonReader reader, FieldFaults faults, Webhook webhook)
    {
        var failedOnly = false;
        DateTimeOffset? from = null;
        DateTimeOffset? to = null;
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) =>
        {
            switch (name)
            {
                case "from":
                    from = ReadTime(ref value, faults, name);
                    break;
                case "to":
                    to = ReadTime(ref value, faults, name);
                    break;
                case "failedOnly":
                    failedOnly = JsonFields.Flag(ref value, faults, name) ?? false;
                    break;
                default:
                    value.Skip();
                    break;
            }
        });
        if (faults.First is null && !failedOnly && (from is null || to is null))
        {
            faults.Fail(ApiFault.BadRequest("give from and to, or failedOnly: true"));
        }

        return new WebhookReplay
        {
            WebhookId = webhook.Id,
            IsOrdered = webhook.Ordered,
            FailedOnly = failedOnly,
            From = from,
            To = to,
            Limit = WebhookService.MaxReplay,
        };
    }

    // As in the query of the log: without an offset it is UTC.
    private static DateTimeOffset? ReadTime(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (!TryTime(JsonFields.Line(ref reader, faults, field, MaxTimeLength), out var time))
        {
            faults.Add(field, "must be an ISO 8601 time");
        }

        return time;
    }

    private static string? Text(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

    private static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
        {
            return true;
        }

        var isTime = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed);
        time = isTime ? parsed : null;
        return isTime;
    }

    private static bool TryLimit(string? text, out int limit)
    {
        limit = DefaultLimit;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit);
    }
}

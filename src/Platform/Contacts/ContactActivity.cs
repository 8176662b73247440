using System.Globalization;
using Microsoft.AspNetCore.Http;
using Relay.Queue;

namespace Relay.Platform.Contacts;

/// <summary>What happened with a contact: its own dates, and the events of mail to its address joined with their messages.</summary>
internal sealed class ContactActivity(IEventStore events, IQueueStore queue)
{
    public async ValueTask<ActivityPage> ReadAsync(Contact contact, ActivityQuery query, CancellationToken cancellationToken)
    {
        var found = await events.ListAsync(
            new EventFilter { AccountId = contact.AccountId, Recipient = contact.Address.ToString(), Before = query.Before, Limit = query.Limit }, cancellationToken);
        var facts = await queue.FactsAsync([.. found.Select(e => e.MessageId).Distinct()], cancellationToken);
        var entries = found.Select(e => Entry(e, facts.GetValueOrDefault(e.MessageId))).ToList();

        // The contact's own dates stand on the first page only, where they are not older than what the page shows, or all of it is shown.
        var isLast = found.Count < query.Limit;
        if (query.Before is null)
        {
            entries.AddRange(Own(contact).Where(own => isLast || own.At >= found[^1].At));
        }

        return new ActivityPage([.. entries.OrderByDescending(entry => entry.At)], isLast ? null : found[^1].Sequence.ToString(CultureInfo.InvariantCulture));
    }

    private static IEnumerable<ActivityEntry> Own(Contact contact)
    {
        yield return new ActivityEntry(contact.CreatedAt, "contact.created");
        if (contact.Invitation.SentAt is { } asked)
        {
            yield return new ActivityEntry(asked, "contact.confirmation_sent");
        }

        if (contact.SubscribedAt is { } subscribed)
        {
            yield return new ActivityEntry(subscribed, "contact.subscribed");
        }

        if (contact.UnsubscribedAt is { } unsubscribed)
        {
            yield return new ActivityEntry(unsubscribed, "contact.unsubscribed") { Text = contact.ReasonText ?? contact.Reason?.Name() };
        }

        if (contact.LeftAllAt is { } left)
        {
            yield return new ActivityEntry(left, "contact.unsubscribed_from_all");
        }
    }

    private static ActivityEntry Entry(DeliveryEvent deliveryEvent, QueuedMessage? message) =>
        new(deliveryEvent.At, "email." + deliveryEvent.Kind.ToString().ToLowerInvariant())
        {
            EmailId = deliveryEvent.MessageId.ToString(),
            Subject = message?.Subject,
            Text = deliveryEvent.Text,
            Url = deliveryEvent.Url,
            IsMachine = deliveryEvent.IsMachine,
        };
}

/// <param name="Before">Sequence of the last event of an earlier page.</param>
internal sealed record ActivityQuery(long? Before, int Limit)
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 500;

    public static ApiResult<ActivityQuery> Read(IQueryCollection query)
    {
        var limit = (long)DefaultLimit;
        if (query["limit"] is [{ Length: > 0 } limitText, ..] && (!TryRead(limitText, out limit) || limit is < 1 or > MaxLimit))
        {
            return ApiFault.BadField("limit", string.Create(CultureInfo.InvariantCulture, $"must be a number from 1 to {MaxLimit}"));
        }

        if (query["before"] is not [{ Length: > 0 } beforeText, ..])
        {
            return new ActivityQuery(null, (int)limit);
        }

        return TryRead(beforeText, out var before) ? new ActivityQuery(before, (int)limit) : ApiFault.BadField("before", "must be the next of an earlier page");
    }

    private static bool TryRead(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <param name="Next">For <c>before</c> of the next page; null on the last.</param>
internal sealed record ActivityPage(IReadOnlyList<ActivityEntry> Data, string? Next);

internal sealed record ActivityEntry(DateTimeOffset At, string Type)
{
    public string? EmailId { get; init; }

    public string? Subject { get; init; }

    public string? Text { get; init; }

    public string? Url { get; init; }

    public bool? IsMachine { get; init; }
}

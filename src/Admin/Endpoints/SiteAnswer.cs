using System.Globalization;
using Relay.Delivery;

namespace Relay.Admin;

/// <summary>One path of delivery: destination site by local source.</summary>
/// <param name="AllowedConnections">What feedback allows of the most connections now.</param>
/// <param name="Overrides">What replies or rules lowered or suspended, until when, and why.</param>
/// <param name="Suspension">Why nothing is sent there now: an operator's act, or that it does not answer; null when it is.</param>
/// <param name="SuspendedUntil">Null with a suspension: until it is ended.</param>
internal sealed record SiteAnswer(
    string Name,
    string Source,
    int Connections,
    int Busy,
    int Waiting,
    int AllowedConnections,
    LimitAnswer MaxConnections,
    LimitAnswer MessageRate,
    LimitAnswer ByteRate,
    LimitAnswer MaxMessagesPerConnection,
    LimitAnswer MaxRecipientsPerTransaction,
    LimitAnswer Tls,
    IReadOnlyList<OverrideStatus> Overrides,
    string Room,
    string? Suspension,
    DateTimeOffset? SuspendedUntil,
    string? LastReply,
    DateTimeOffset? LastReplyAt,
    long Delivered,
    long Deferred,
    long Rejected)
{
    public static SiteAnswer Of(SiteStatus site) => new(
        site.Site,
        site.Source,
        site.OpenConnections,
        site.BusyConnections,
        site.QueueLength,
        site.AllowedConnections,
        Limit(site.MaxConnections),
        new LimitAnswer(site.MessageRate.Value?.ToString() ?? "none", site.MessageRate.Origin),
        new LimitAnswer(site.ByteRate.Value?.ToString() ?? "none", site.ByteRate.Origin),
        Limit(site.MaxMessagesPerConnection),
        Limit(site.MaxRecipientsPerTransaction),
        new LimitAnswer(Words.Of(site.Tls.Value), site.Tls.Origin),
        site.Overrides,
        site.RoomReason,
        site.SuspendedBy is { } act ? $"by {act.Actor}: {act.Reason}" : site.Suspension?.Reason,
        site.SuspendedBy is { } bound ? bound.Until : site.Suspension?.Until,
        site.LastReply,
        site.LastReplyAt,
        site.Delivered,
        site.Deferred,
        site.Rejected);

    private static LimitAnswer Limit(Limit<int> limit) => new(limit.Value.ToString(CultureInfo.InvariantCulture), limit.Origin);
}

/// <param name="Origin">Which setting says so.</param>
internal sealed record LimitAnswer(string Value, string Origin);

using Relay.Delivery;

namespace Relay.Admin;

/// <summary>One path of delivery: destination site by local source.</summary>
/// <param name="Suspension">Why nothing is sent there now; null when it is.</param>
internal sealed record SiteAnswer(
    string Name,
    string Source,
    int Connections,
    int Busy,
    int Waiting,
    LimitAnswer MaxConnections,
    LimitAnswer MessageRate,
    LimitAnswer ByteRate,
    LimitAnswer MaxMessagesPerConnection,
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
        new LimitAnswer(site.MaxConnections.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), site.MaxConnections.Origin),
        new LimitAnswer(site.MessageRate.Value?.ToString() ?? "none", site.MessageRate.Origin),
        new LimitAnswer(site.ByteRate.Value?.ToString() ?? "none", site.ByteRate.Origin),
        new LimitAnswer(site.MaxMessagesPerConnection.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), site.MaxMessagesPerConnection.Origin),
        site.RoomReason,
        site.Suspension?.Reason,
        site.Suspension?.Until,
        site.LastReply,
        site.LastReplyAt,
        site.Delivered,
        site.Deferred,
        site.Rejected);
}

/// <param name="Origin">Which setting says so.</param>
internal sealed record LimitAnswer(string Value, string Origin);

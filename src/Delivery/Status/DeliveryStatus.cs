namespace Relay.Delivery;

/// <summary>What delivery is doing now.</summary>
public interface IDeliveryStatus
{
    /// <summary>A picture of this moment; cheap enough for every request of an operator.</summary>
    DeliveryStatus Snapshot();
}

/// <summary>The state of delivery at one instant.</summary>
public sealed record DeliveryStatus
{
    public required DateTimeOffset At { get; init; }

    /// <summary>Tasks leased or about to be.</summary>
    public required int WindowTasks { get; init; }

    public required int MaxWindowTasks { get; init; }

    /// <summary>Octets of their content in memory.</summary>
    public required long WindowBytes { get; init; }

    public required long MaxWindowBytes { get; init; }

    public required int BusyConnections { get; init; }

    public required int MaxConnections { get; init; }

    public required OutboundHealth Outbound { get; init; }

    /// <summary>Paths in use within the last minutes, by site name.</summary>
    public required IReadOnlyList<SiteStatus> Sites { get; init; }

    /// <summary>Where mail is sent from.</summary>
    public IReadOnlyList<SourceStatus> Sources { get; init; } = [];

    /// <param name="idleConnections">Counts pooled connections of a path.</param>
    internal static DeliveryStatus Of(
        DeliveryWindow window, WorkerBudget budget, IEnumerable<SiteQueue> paths, SuspensionTable suspended, Func<PathKey, int> idleConnections, OutboundHealth health, DateTimeOffset now) => new()
        {
            At = now,
            WindowTasks = window.Tasks,
            MaxWindowTasks = window.MaxTasks,
            WindowBytes = window.Bytes,
            MaxWindowBytes = window.MaxBytes,
            BusyConnections = budget.Workers,
            MaxConnections = budget.Max,
            Outbound = health,
            Sites = [.. paths.Select(q => SiteStatus.Of(q, idleConnections(q.Path.Key), now) with { SuspendedBy = suspended.OfPath(q.Path.Key, now) }).OrderBy(s => s.Site, StringComparer.Ordinal)],
        };
}

/// <summary>One egress source.</summary>
/// <param name="Addresses">Empty when the system chooses.</param>
/// <param name="Problem">Why it rests; null when it is in use.</param>
/// <param name="RestsUntil">Null when that is not known.</param>
/// <param name="ReverseNames">Of the last check, for public addresses.</param>
public sealed record SourceStatus(
    string Name, IReadOnlyList<string> Addresses, string Ehlo, string? Problem, DateTimeOffset? RestsUntil, IReadOnlyList<ReverseNameFinding> ReverseNames);

/// <summary>A limit lowered for a time.</summary>
/// <param name="Change">What it changes: <c>suspended</c>, <c>2 connections</c>, <c>10/m</c>.</param>
public sealed record OverrideStatus(string Name, string Change, string Reason, DateTimeOffset Until)
{
    /// <summary>The word for a path that may not be used at all.</summary>
    public const string Suspended = "suspended";

    internal static OverrideStatus Of(LimitOverride change) => new(
        change.Name,
        change.IsSuspension
            ? Suspended
            : string.Join(", ", new[] { change.MaxConnections is { } max ? $"{max} connections" : null, change.MessageRate?.ToString() }.OfType<string>()),
        change.Reason,
        change.Until);
}

/// <summary>One path: site × source.</summary>
public sealed record SiteStatus
{
    public required string Site { get; init; }

    public required string Source { get; init; }

    /// <summary>False for capture, discard, simulator and keys without a way to go.</summary>
    public required bool IsRemote { get; init; }

    /// <summary>Busy and idle.</summary>
    public required int OpenConnections { get; init; }

    public required int BusyConnections { get; init; }

    /// <summary>Connections the feedback allows now; at most <see cref="MaxConnections"/>.</summary>
    public required int AllowedConnections { get; init; }

    public required Limit<int> MaxConnections { get; init; }

    public required Limit<MessageRates?> MessageRate { get; init; }

    public required Limit<ByteRate?> ByteRate { get; init; }

    /// <summary>Limits lowered for a time, with their reasons.</summary>
    public required IReadOnlyList<OverrideStatus> Overrides { get; init; }

    public required Limit<int> MaxMessagesPerConnection { get; init; }

    public required Limit<int> MaxRecipientsPerTransaction { get; init; }

    public required Limit<DeliveryTlsMode> Tls { get; init; }

    /// <summary>Tasks waiting in the path's queue.</summary>
    public required int QueueLength { get; init; }

    public required int QueueCapacity { get; init; }

    /// <summary>Why the path takes tasks, or does not.</summary>
    public required string RoomReason { get; init; }

    public string? LastReply { get; init; }

    public DateTimeOffset? LastReplyAt { get; init; }

    public SuspensionInfo? Suspension { get; init; }

    /// <summary>The operator's act that keeps the path from being used; null without one.</summary>
    public OperatorSuspension? SuspendedBy { get; init; }

    /// <summary>Recipients since the path came into use.</summary>
    public required long Delivered { get; init; }

    public required long Deferred { get; init; }

    public required long Rejected { get; init; }

    internal static SiteStatus Of(SiteQueue queue, int idleConnections, DateTimeOffset now)
    {
        var limits = queue.Path.Limits;
        var busy = queue.IsRemote ? queue.Workers : 0;
        return new SiteStatus
        {
            Site = queue.Path.Site.Name,
            Source = queue.Path.Source.Name,
            IsRemote = queue.IsRemote,
            OpenConnections = busy + idleConnections,
            BusyConnections = busy,
            AllowedConnections = queue.Window.Allowed,
            MaxConnections = limits.MaxConnections,
            MessageRate = limits.MessageRate,
            ByteRate = limits.ByteRate,
            Overrides = [.. queue.Overrides.Active(now).Select(OverrideStatus.Of)],
            MaxMessagesPerConnection = limits.MaxMessagesPerConnection,
            MaxRecipientsPerTransaction = limits.MaxRecipientsPerTransaction,
            Tls = limits.Tls,
            QueueLength = queue.Length,
            QueueCapacity = queue.Capacity,
            RoomReason = queue.RoomAt(now).Reason,
            LastReply = queue.Tally.LastReply,
            LastReplyAt = queue.Tally.LastReplyAt,
            Suspension = queue.Suspensions.Current,
            Delivered = queue.Tally.Delivered,
            Deferred = queue.Tally.Deferred,
            Rejected = queue.Tally.Rejected,
        };
    }
}

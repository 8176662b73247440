using Relay.Queue;

namespace Relay.Delivery;

/// <summary>A limit in force with the level that set it.</summary>
public readonly record struct Limit<T>(T Value, string Origin);

/// <summary>The limits of one site, each with its origin, so that "why" can be answered.</summary>
internal sealed record SiteLimits
{
    public required Limit<int> MaxConnections { get; init; }

    public required Limit<MessageRates?> MessageRate { get; init; }

    public required Limit<ByteRate?> ByteRate { get; init; }

    public required Limit<RetrySchedule?> Retry { get; init; }

    public required Limit<int> MaxMessagesPerConnection { get; init; }

    public required Limit<int> MaxRecipientsPerTransaction { get; init; }

    public required Limit<DeliveryTlsMode> Tls { get; init; }

    public required Limit<int> Port { get; init; }

    public required Limit<string?> Pool { get; init; }

    /// <summary>Work without a connection; its window stays where it begins, for nothing there gives feedback.</summary>
    public static readonly SiteLimits Local = Resolve(
        [new Level("built in", SiteOptions.Default with { MaxConnections = 50 })], new Limit<int>(0, "built in"), new Limit<string?>(null, "built in"));

    /// <summary>Takes each limit from the first level that names it; the built-in level comes last.</summary>
    public static SiteLimits Resolve(IReadOnlyList<Level> levels, Limit<int> port, Limit<string?> pool)
    {
        IReadOnlyList<Level> all = [.. levels, new Level("built in", SiteOptions.Default)];
        return new SiteLimits
        {
            MaxConnections = First(all, o => o.MaxConnections),
            MessageRate = FirstOrNone(all, o => o.MessageRate),
            ByteRate = FirstOrNone(all, o => o.ByteRate),
            Retry = FirstOrNone(all, o => o.Retry),
            MaxMessagesPerConnection = First(all, o => o.MaxMessagesPerConnection),
            MaxRecipientsPerTransaction = First(all, o => o.MaxRecipientsPerTransaction),
            Tls = First(all, o => o.Tls),
            Port = all.FirstOrDefault(l => l.Options.Port is not null) is { } level ? new Limit<int>(level.Options.Port!.Value, level.Name) : port,
            Pool = FirstOrNone(all, o => o.Pool) is { Value: not null } named ? named : pool,
        };
    }

    /// <summary>The same, with a bound on messages per connection from elsewhere where that is lower.</summary>
    public SiteLimits WithMessagesPerConnection(Limit<int> other) =>
        other.Value < MaxMessagesPerConnection.Value ? this with { MaxMessagesPerConnection = other } : this;

    /// <summary>When mail of a stream that was deferred here is tried again, and who says so: the site, else the stream.</summary>
    public Limit<RetrySchedule> RetryOf(MailStream stream, DeliveryOptions options) =>
        Retry.Value is { } own ? new Limit<RetrySchedule>(own, Retry.Origin)
        : stream == MailStream.Broadcast && options.RetryBroadcast is { } broadcast ? new Limit<RetrySchedule>(broadcast, "retry.broadcast")
        : new Limit<RetrySchedule>(options.Retry, "retry");

    private static Limit<T> First<T>(IReadOnlyList<Level> levels, Func<SiteOptions, T?> value)
        where T : struct
    {
        var level = levels.First(l => value(l.Options) is not null);
        return new Limit<T>(value(level.Options)!.Value, level.Name);
    }

    private static Limit<T?> FirstOrNone<T>(IReadOnlyList<Level> levels, Func<SiteOptions, T?> value)
        where T : class
    {
        var level = levels.FirstOrDefault(l => value(l.Options) is not null);
        return level is null ? new Limit<T?>(null, "no limit set") : new Limit<T?>(value(level.Options), level.Name);
    }

    /// <summary>Options with the name under which an operator finds them.</summary>
    public sealed record Level(string Name, SiteOptions Options);
}

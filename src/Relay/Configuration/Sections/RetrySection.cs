using Relay.Queue;

namespace Relay;

/// <summary><c>[retry]</c>: when a deferred recipient is tried again.</summary>
internal sealed class RetrySection
{
    /// <summary>Waits after the first, second, … attempt; the last one repeats. By default the short first steps serve greylisting, RFC 5321 §4.5.4.1 suggests 30 minutes after that.</summary>
    [Setting(Min = "1s", Max = "7d", MinCount = 1)]
    public IReadOnlyList<TimeSpan> Schedule { get; init; } =
    [
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4),
    ];

    /// <summary>Random share by which each wait is longer or shorter. Default 10%, so that mail deferred together does not return together.</summary>
    [Setting(Min = "0%", Max = "50%")]
    public Percent Jitter { get; init; } = new(10);

    /// <summary>Age at which a recipient is given up. Default 5d: at least 4–5 days (RFC 5321 §4.5.4.1).</summary>
    [Setting(Min = "1s", Max = "30d")]
    public TimeSpan ExpireAfter { get; init; } = TimeSpan.FromDays(5);

    /// <summary>What differs for transactional mail.</summary>
    public required StreamRetrySection Transactional { get; init; }

    /// <summary>What differs for broadcast mail.</summary>
    public required StreamRetrySection Broadcast { get; init; }

    public TimeSpan ExpireAfterOf(MailStream stream) => Of(stream).ExpireAfter ?? ExpireAfter;

    public RetrySchedule ScheduleOf(MailStream stream) =>
        new(Of(stream).Schedule is { Count: > 0 } own ? own : Schedule, Jitter.Value / 100.0, ExpireAfterOf(stream));

    private StreamRetrySection Of(MailStream stream) => stream == MailStream.Broadcast ? Broadcast : Transactional;
}

/// <summary><c>[retry.transactional]</c>, <c>[retry.broadcast]</c></summary>
internal sealed class StreamRetrySection
{
    /// <summary>Waits of this stream's mail. Default: those of <c>[retry]</c>.</summary>
    [Setting(Min = "1s", Max = "7d", Shown = "retry.schedule")]
    public IReadOnlyList<TimeSpan> Schedule { get; init; } = [];

    /// <summary>Age at which this stream's mail is given up. Default: that of <c>[retry]</c>; news is often worth nothing after a day.</summary>
    [Setting(Min = "1s", Max = "30d", Shown = "retry.expire_after")]
    public TimeSpan? ExpireAfter { get; init; }
}

using System.Globalization;

namespace Relay.Platform.Emails;

/// <summary>How long a message may be tried, where its sender says so: for a time, or up to an instant.</summary>
internal static class MessageLife
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary><c>30s</c>, <c>5m</c>, <c>4h</c> or <c>2d</c>; null when it is something else.</summary>
    public static TimeSpan? Parse(string text)
    {
        TimeSpan? unit = text is [.., var last] ? last switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        }
        : null;
        return unit is { } one && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count > Longest / one ? TimeSpan.MaxValue : one * count
            : null;
    }

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static string? Fault(TimeSpan life) => life < Shortest || life > Longest ? "must be from 1s to 30d" : null;

    /// <param name="from">When it is accepted, or the time it is scheduled for.</param>
    public static string? Fault(DateTimeOffset expires, DateTimeOffset from) =>
        expires <= from ? "is over already" : expires - from > Longest ? "is more than 30 days ahead" : null;
}

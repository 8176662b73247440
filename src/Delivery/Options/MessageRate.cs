using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Relay.Delivery;

/// <summary>So many messages in any period of the given length.</summary>
public sealed record MessageRate
{
    public MessageRate(int count, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        Count = count;
        Period = period;
    }

    /// <summary>1 or more.</summary>
    public int Count { get; }

    public TimeSpan Period { get; }

    /// <summary>Reads <c>20/s</c>, <c>500/m</c>, <c>1000/h</c>, <c>5000/d</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out MessageRate? rate)
    {
        rate = null;
        var slash = text.IndexOf('/');
        if (slash <= 0
            || !int.TryParse(text[..slash].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count < 1
            || PeriodOf(text[(slash + 1)..].Trim()) is not { } period)
        {
            return false;
        }

        rate = new MessageRate(count, period);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}/{UnitOf(Period)}");

    private static TimeSpan? PeriodOf(ReadOnlySpan<char> unit) => unit switch
    {
        "s" => TimeSpan.FromSeconds(1),
        "m" => TimeSpan.FromMinutes(1),
        "h" => TimeSpan.FromHours(1),
        "d" => TimeSpan.FromDays(1),
        _ => null,
    };

    private static string UnitOf(TimeSpan period) => period.TotalSeconds switch
    {
        1 => "s",
        60 => "m",
        3600 => "h",
        86400 => "d",
        var seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds}s"),
    };
}

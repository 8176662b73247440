namespace Relay;

/// <summary>So many octets in a period, written <c>"10MiB/s" "2GiB/h"</c>.</summary>
internal readonly record struct TrafficRate(ByteSize Amount, TimeSpan Period)
{
    /// <summary>Null when the text is no rate, or its amount is 0.</summary>
    public static TrafficRate? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && ByteSize.TryParse(text[..slash]) is { Bytes: > 0 } amount && Rate.TryParse("1" + text[slash..]) is { } unit
            ? new TrafficRate(amount, unit.Period)
            : null;
    }

    public override string ToString() => Amount.ToString() + new Rate(1, Period).ToString()[1..];
}

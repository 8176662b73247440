using System.Globalization;

namespace Relay;

/// <summary>So many in a period, written <c>"20/s" "100/m" "1000/h" "10000/d"</c>.</summary>
internal readonly record struct Rate(int Amount, TimeSpan Period)
{
    private static readonly (string Unit, TimeSpan Period)[] Periods =
        [("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1))];

    /// <summary>Null when the text is no rate, or its amount is 0 or above a thousand million.</summary>
    public static Rate? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || Count.TryParse(text.AsSpan(0, slash)) is not (>= 1 and <= 1_000_000_000 and var amount))
        {
            return null;
        }

        var (unit, period) = Array.Find(Periods, p => p.Unit == text[(slash + 1)..]);
        return unit is null ? null : new Rate((int)amount, period);
    }

    public override string ToString()
    {
        var period = Period;
        return Amount.ToString(CultureInfo.InvariantCulture) + "/" + Array.Find(Periods, p => p.Period == period).Unit;
    }
}

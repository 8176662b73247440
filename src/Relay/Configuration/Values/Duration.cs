using System.Globalization;

namespace Relay;

/// <summary>Durations as the configuration spells them: <c>"30s" "5m" "1h" "5d"</c>, and <c>"0"</c>.</summary>
internal static class Duration
{
    private const long LongestSeconds = 3650L * 86_400;

    private static readonly (char Unit, int Seconds)[] Units = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

    /// <summary>Null when the text is no duration, or longer than ten years.</summary>
    public static TimeSpan? TryParse(string text)
    {
        if (text == "0")
        {
            return TimeSpan.Zero;
        }

        if (text.Length < 2)
        {
            return null;
        }

        var seconds = Array.Find(Units, u => u.Unit == text[^1]).Seconds;
        return seconds > 0 && Count.TryParse(text.AsSpan(0, text.Length - 1)) is { } count && count * seconds <= LongestSeconds
            ? TimeSpan.FromSeconds(count * seconds)
            : null;
    }

    /// <summary>In the largest unit that divides it.</summary>
    public static string Format(TimeSpan duration)
    {
        var total = (long)duration.TotalSeconds;
        var (unit, seconds) = Array.Find(Units, u => total % u.Seconds == 0);
        return total == 0 ? "0" : (total / seconds).ToString(CultureInfo.InvariantCulture) + unit;
    }
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Relay.Platform.Campaigns;

/// <summary>Reads when something is to happen: ISO 8601, or plain words such as "tomorrow 9am", "next monday 10:30", "in 2 hours".</summary>
/// <remarks>Words without a time of day mean 9:00; a weekday means the next one to come, today only where its time is still ahead.</remarks>
internal static partial class PlainTime
{
    public const string Form = "must be a time such as 2030-01-31T12:00:00Z, \"tomorrow 9am\", \"next monday 10:30\" or \"in 2 hours\"";

    private const int MaxLength = 100;

    private static readonly TimeOnly Morning = new(9, 0);
    private static readonly string[] Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    /// <param name="zone">Whose clock is meant where the text does not say.</param>
    public static bool TryParse(string text, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset time)
    {
        time = default;
        var words = text.Trim();
        if (words.Length is 0 or > MaxLength)
        {
            return false;
        }

        if (ApiJson.TryParseTime(words, out time))
        {
            return true;
        }

        words = Spaces().Replace(words.ToLowerInvariant().Replace(',', ' '), " ").Trim();
        return words == "now" ? Is(now, out time) : TryAhead(words, now, out time) || TryDay(words, now, zone, out time);
    }

    private static bool TryAhead(string words, DateTimeOffset now, out DateTimeOffset time)
    {
        time = default;
        if (Ahead().Match(words) is not { Success: true } match)
        {
            return false;
        }

        var count = match.Groups["n"].Value is "a" or "an" ? 1 : int.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture);
        return match.Groups["unit"].Value[0] switch
        {
            'm' when match.Groups["unit"].Value.StartsWith("mi", StringComparison.Ordinal) => Is(now.AddMinutes(count), out time),
            'h' => Is(now.AddHours(count), out time),
            'd' => Is(now.AddDays(count), out time),
            'w' => Is(now.AddDays(7 * count), out time),
            _ => Is(now.AddMonths(count), out time),
        };
    }

    private static bool TryDay(string words, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset time)
    {
        time = default;
        if (Day().Match(words) is not { Success: true } match || !TryClock(match.Groups["time"].Value, out var clock))
        {
            return false;
        }

        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        var day = match.Groups["day"].Value;
        if (day is [>= '0' and <= '9', ..])
        {
            return DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                && Is(LocalTime.At(date, clock ?? Morning, zone), out time);
        }

        if (day.Length == 0)
        {
            // A time of day alone means the next one.
            return clock is { } alone && Is(NextClock(today, alone, now, zone), out time);
        }

        if (day is "today" or "tonight")
        {
            return Is(LocalTime.At(today, clock ?? (day == "tonight" ? new TimeOnly(20, 0) : Morning), zone), out time);
        }

        if (day == "tomorrow")
        {
            return Is(LocalTime.At(today.AddDays(1), clock ?? Morning, zone), out time);
        }

        var ahead = ((Array.FindIndex(Days, name => name.StartsWith(day[..3], StringComparison.Ordinal)) - (int)today.DayOfWeek) + 7) % 7;
        var found = LocalTime.At(today.AddDays(ahead), clock ?? Morning, zone);
        return Is(found <= now || (ahead == 0 && match.Groups["next"].Success) ? LocalTime.At(today.AddDays(ahead + 7), clock ?? Morning, zone) : found, out time);
    }

    private static DateTimeOffset NextClock(DateOnly today, TimeOnly clock, DateTimeOffset now, TimeZoneInfo zone) =>
        LocalTime.At(today, clock, zone) is var found && found > now ? found : LocalTime.At(today.AddDays(1), clock, zone);

    // Null when no time of day is given.
    private static bool TryClock(string text, out TimeOnly? clock)
    {
        clock = text switch
        {
            "noon" => new TimeOnly(12, 0),
            "midnight" => new TimeOnly(0, 0),
            _ => null,
        };
        if (clock is not null || text.Length == 0)
        {
            return true;
        }

        var match = Clock().Match(text);
        var hour = int.Parse(match.Groups["h"].Value, CultureInfo.InvariantCulture);
        var minute = match.Groups["m"].Success ? int.Parse(match.Groups["m"].Value, CultureInfo.InvariantCulture) : 0;
        var half = match.Groups["half"].Value;
        if (half.Length > 0 && hour is < 1 or > 12 || hour > 23 || minute > 59)
        {
            return false;
        }

        clock = new TimeOnly(half.Length == 0 ? hour : (hour % 12) + (half[0] == 'p' ? 12 : 0), minute);
        return true;
    }

    private static bool Is(DateTimeOffset value, out DateTimeOffset time)
    {
        time = value.ToUniversalTime();
        return true;
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^in (?<n>\d{1,4}|an?) (?<unit>minutes?|mins?|hours?|days?|weeks?|months?)$", RegexOptions.CultureInvariant)]
    private static partial Regex Ahead();

    private const string ClockForm = @"noon|midnight|\d{1,2}:\d{2}(?: ?[ap]\.?m\.?)?|\d{1,2} ?[ap]\.?m\.?";

    [GeneratedRegex(
        @"^(?:(?:(?<next>next) |on |this )?(?<day>today|tonight|tomorrow|\d{4}-\d{2}-\d{2}|sun(?:day)?|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?))?(?:(?:^| )(?:at )?(?<time>" + ClockForm + "))?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Day();

    [GeneratedRegex(@"^(?<h>\d{1,2})(?::(?<m>\d{2}))?(?: ?(?<half>[ap])\.?m\.?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Clock();
}

using System.Globalization;

namespace Relay.Mail;

/// <summary>date-time of RFC 5322 §3.3, read with the obsolete forms of §4.3 and more that the field sends.</summary>
public static class MailDate
{
    private const int MaxTokens = 12;

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary><c>Tue, 1 Jul 2003 10:52:37 +0200</c></summary>
    public static string Format(DateTimeOffset date) =>
        date.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture)
        + (date.Offset < TimeSpan.Zero ? '-' : '+')
        + date.Offset.ToString("hhmm", CultureInfo.InvariantCulture);

    /// <summary>Parses tolerantly: comments, no day name, numeric months, two-digit years, no seconds, named or missing zones.</summary>
    public static bool TryParse(string text, out DateTimeOffset date)
    {
        date = default;
        var tokens = Tokens(CommentReader.Remove(text));
        if (tokens.Count > 0 && char.IsAsciiLetter(tokens[0][0]))
        {
            tokens.RemoveAt(0);
        }

        if (tokens.Count < 5
            || !TryNumber(tokens[0], out var day)
            || !TryMonth(tokens[1], out var month)
            || !TryYear(tokens[2], out var year)
            || !TryNumber(tokens[3], out var hour)
            || !TryNumber(tokens[4], out var minute))
        {
            return false;
        }

        var hasSecond = tokens.Count > 5 && TryNumber(tokens[5], out _) && tokens[5].Length <= 2;
        var second = hasSecond ? int.Parse(tokens[5], CultureInfo.InvariantCulture) : 0;
        var zone = tokens.ElementAtOrDefault(hasSecond ? 6 : 5);
        return TryMake(year, month, day, hour, minute, second, ZoneOffset(zone), out date);
    }

    private static bool TryMake(int year, int month, int day, int hour, int minute, int second, TimeSpan offset, out DateTimeOffset date)
    {
        date = default;
        if (year is < 1900 or > 9998 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        // A leap second is the last one of its minute here.
        date = new DateTimeOffset(year, month, day, hour, minute, Math.Min(second, 59), offset);
        return true;
    }

    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        foreach (var token in text.Split([' ', '\t', '\r', '\n', ',', ':'], MaxTokens, StringSplitOptions.RemoveEmptyEntries))
        {
            tokens.Add(token);
        }

        return tokens;
    }

    private static bool TryNumber(string token, out int value)
    {
        value = 0;
        return token.Length <= 4 && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryMonth(string token, out int month)
    {
        if (TryNumber(token, out month))
        {
            return month is >= 1 and <= 12;
        }

        month = token.Length < 3 ? 0 : Array.IndexOf(Months, token[..3].ToLowerInvariant()) + 1;
        return month > 0;
    }

    // RFC 5322 §4.3: 00–49 are 2000–2049, other two- and three-digit years count from 1900.
    private static bool TryYear(string token, out int year)
    {
        if (!TryNumber(token, out year) || token.Length < 2)
        {
            return false;
        }

        year += token.Length switch
        {
            2 when year < 50 => 2000,
            2 or 3 => 1900,
            _ => 0,
        };
        return true;
    }

    // RFC 5322 §4.3: named zones of North America are known, all others mean nothing and count as UTC.
    private static TimeSpan ZoneOffset(string? zone)
    {
        if (string.IsNullOrEmpty(zone))
        {
            return TimeSpan.Zero;
        }

        var isNegative = zone[0] == '-';
        var digits = zone[0] is '+' or '-' ? zone[1..] : zone;
        if (TryNumber(digits, out var value))
        {
            var offset = new TimeSpan(value / 100, value % 100, 0);
            return offset > TimeSpan.FromHours(14) || value % 100 > 59 ? TimeSpan.Zero : isNegative ? -offset : offset;
        }

        var hours = zone.ToUpperInvariant() switch
        {
            "EDT" => -4,
            "EST" or "CDT" or "EST5EDT" => -5,
            "CST" or "MDT" or "CST6CDT" => -6,
            "MST" or "PDT" or "MST7MDT" => -7,
            "PST" or "PST8PDT" => -8,
            _ => 0,
        };
        return TimeSpan.FromHours(hours);
    }
}

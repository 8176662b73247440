namespace Relay.Toml;

/// <summary>Dates and times in the RFC 3339 §5.6 form, with or without offset.</summary>
/// <remarks>Years are 0001 to 9999 and seconds end at 59: the platform's types know neither the year 0 nor leap seconds.</remarks>
internal static class TomlDateTimeParser
{
    private const int DateLength = 10;
    private const int TimeLength = 8;

    /// <summary>True when the token has the form of a date, whatever its numbers.</summary>
    public static bool IsDate(ReadOnlySpan<char> token) =>
        token.Length == DateLength && token[4] == '-' && token[7] == '-'
        && IsNumber(token[..4]) && IsNumber(token[5..7]) && IsNumber(token[8..]);

    /// <summary>Null when the token has not the form of a date or time.</summary>
    /// <exception cref="TomlException">It has that form, but is incomplete or not in the calendar or on the clock.</exception>
    public static TomlValue? Parse(ReadOnlySpan<char> token, TomlPosition position)
    {
        if (token.Length > 2 && token[2] == ':' && IsNumber(token[..2]))
        {
            return ParseTime(token, out var time) is 0
                ? new TomlLocalTime(time, position)
                : throw Malformed(position);
        }

        if (token.Length < DateLength || !IsDate(token[..DateLength]))
        {
            return null;
        }

        if (!TryParseDate(token[..DateLength], out var date))
        {
            throw new TomlException("this day is not in the calendar; allowed are 0001-01-01 to 9999-12-31", position);
        }

        return token.Length == DateLength ? new TomlLocalDate(date, position) : ParseDateTime(token, date, position);
    }

    private static TomlValue ParseDateTime(ReadOnlySpan<char> token, DateOnly date, TomlPosition position)
    {
        var rest = token[(DateLength + 1)..];
        var left = token[DateLength] is 'T' or 't' or ' ' ? ParseTime(rest, out var time) : Unparsed(out time);
        if (left < 0)
        {
            throw Malformed(position);
        }

        var local = date.ToDateTime(time);
        if (left == 0)
        {
            return new TomlLocalDateTime(local, position);
        }

        return TryParseOffset(rest[^left..], out var offset)
            ? new TomlOffsetDateTime(local, offset, position)
            : throw Malformed(position);
    }

    private static bool TryParseDate(ReadOnlySpan<char> text, out DateOnly date)
    {
        var (year, month, day) = (Number(text[..4]), Number(text[5..7]), Number(text[8..]));
        var exists = year >= 1 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month);
        date = exists ? new DateOnly(year, month, day) : default;
        return exists;
    }

    /// <summary>Reads <c>HH:MM:SS</c> and a fraction; gives how many characters are left behind it, -1 when it is no time.</summary>
    private static int ParseTime(ReadOnlySpan<char> text, out TimeOnly time)
    {
        if (text.Length < TimeLength || text[2] != ':' || text[5] != ':'
            || !IsNumber(text[..2]) || !IsNumber(text[3..5]) || !IsNumber(text[6..TimeLength]))
        {
            return Unparsed(out time);
        }

        var (hour, minute, second) = (Number(text[..2]), Number(text[3..5]), Number(text[6..TimeLength]));
        if (hour > 23 || minute > 59 || second > 59)
        {
            return Unparsed(out time);
        }

        var rest = text[TimeLength..];
        var ticks = 0L;
        if (!rest.IsEmpty && rest[0] == '.' && !TryReadFraction(ref rest, out ticks))
        {
            return Unparsed(out time);
        }

        time = new TimeOnly(hour, minute, second).Add(TimeSpan.FromTicks(ticks));
        return rest.Length;
    }

    // Digits beyond 100 ns are cut, as TOML asks for.
    private static bool TryReadFraction(ref ReadOnlySpan<char> rest, out long ticks)
    {
        ticks = 0;
        var scale = TimeSpan.TicksPerSecond / 10;
        var length = 1;
        for (; length < rest.Length && char.IsAsciiDigit(rest[length]); length++)
        {
            ticks += (rest[length] - '0') * scale;
            scale /= 10;
        }

        rest = rest[length..];
        return length > 1;
    }

    private static bool TryParseOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "Z" or "z")
        {
            return true;
        }

        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':' || !IsNumber(text[1..3]) || !IsNumber(text[4..]))
        {
            return false;
        }

        var (hours, minutes) = (Number(text[1..3]), Number(text[4..]));
        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return hours <= 23 && minutes <= 59;
    }

    private static int Unparsed(out TimeOnly time)
    {
        time = default;
        return -1;
    }

    private static TomlException Malformed(TomlPosition position) =>
        new("this date or time is not complete or not on the clock; allowed are 1979-05-27, 07:32:00, 1979-05-27T07:32:00 and that with Z or +00:00, with any fraction of a second", position);

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static int Number(ReadOnlySpan<char> text)
    {
        var value = 0;
        foreach (var c in text)
        {
            value = (value * 10) + (c - '0');
        }

        return value;
    }
}

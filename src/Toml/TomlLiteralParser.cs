using System.Buffers;

namespace Relay.Toml;

/// <summary>Values without quotes or brackets: booleans, numbers, dates and times.</summary>
internal static class TomlLiteralParser
{
    private static readonly SearchValues<char> Terminators = SearchValues.Create(" \t\r\n,]}#");

    public static TomlValue Parse(TomlCursor cursor)
    {
        var position = cursor.Position;
        var start = cursor.Offset;
        SkipToken(cursor);
        if (TomlDateTimeParser.IsDate(cursor.TextFrom(start)) && cursor.Is(' ') && char.IsAsciiDigit(cursor.Peek(1)))
        {
            cursor.Advance(); // a blank may stand for the T between date and time
            SkipToken(cursor);
        }

        var token = cursor.TextFrom(start);
        if (token.IsEmpty)
        {
            throw cursor.Fail($"{cursor.Describe()} is not allowed here; a value belongs here");
        }

        return ParseBoolean(token, position)
            ?? TomlDateTimeParser.Parse(token, position)
            ?? TomlNumberParser.Parse(token, position)
            ?? throw new TomlException($"'{Shorten(token)}' is no value; allowed are strings in quotes, numbers, true, false, dates, [arrays] and {{inline tables}}", position);
    }

    private static void SkipToken(TomlCursor cursor)
    {
        while (!cursor.AtEnd && !Terminators.Contains(cursor.Current))
        {
            cursor.Advance();
        }
    }

    private static TomlBoolean? ParseBoolean(ReadOnlySpan<char> token, TomlPosition position) => token switch
    {
        "true" => new TomlBoolean(true, position),
        "false" => new TomlBoolean(false, position),
        _ => null,
    };

    private static string Shorten(ReadOnlySpan<char> token)
    {
        const int Shown = 40;
        return token.Length <= Shown ? token.ToString() : string.Concat(token[..Shown], "…");
    }
}

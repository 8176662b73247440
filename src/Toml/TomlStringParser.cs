using System.Globalization;
using System.Text;

namespace Relay.Toml;

/// <summary>The four kinds of strings, and keys, which may be strings of one line.</summary>
internal sealed class TomlStringParser(TomlCursor cursor)
{
    public TomlString ParseString()
    {
        var position = cursor.Position;
        var quote = cursor.Current;
        var isMultiLine = cursor.Peek(1) == quote && cursor.Peek(2) == quote;
        return new TomlString(isMultiLine ? ReadMultiLine(quote) : ReadSingleLine(quote), position);
    }

    /// <summary>One part of a key: bare, or quoted on one line.</summary>
    public string ParseSimpleKey(out TomlPosition position)
    {
        position = cursor.Position;
        if (cursor.Current is '"' or '\'')
        {
            return ReadSingleLine(cursor.Current);
        }

        var start = cursor.Offset;
        while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current is '_' or '-')
        {
            cursor.Advance();
        }

        return cursor.Offset > start
            ? cursor.TextFrom(start).ToString()
            : throw cursor.Fail($"{cursor.Describe()} is not allowed here; a key is letters, digits, _ and -, or stands in quotes");
    }

    private string ReadSingleLine(char quote)
    {
        var text = new StringBuilder();
        cursor.Advance();
        while (!cursor.Is(quote))
        {
            if (cursor.AtEnd || cursor.IsNewline())
            {
                throw cursor.Fail($"{cursor.Describe()} stands inside a string; it is closed by {quote} on its line, three quotes make several lines");
            }

            ReadCharacter(quote, text);
        }

        cursor.Advance();
        return text.ToString();
    }

    private string ReadMultiLine(char quote)
    {
        var text = new StringBuilder();
        cursor.Advance(3);
        cursor.TryNewline(); // directly behind the opening quotes it does not count
        while (!TryClose(quote, text))
        {
            if (cursor.AtEnd)
            {
                throw cursor.Fail($"the document ends inside a string; it is closed by {quote}{quote}{quote}");
            }

            var start = cursor.Offset;
            if (cursor.TryNewline())
            {
                text.Append(cursor.TextFrom(start));
            }
            else if (quote == '\'' || !TryLineEndingBackslash())
            {
                ReadCharacter(quote, text);
            }
        }

        return text.ToString();
    }

    // Up to two quotes may stand before the closing three: """a""""" holds a"".
    private bool TryClose(char quote, StringBuilder text)
    {
        var quotes = 0;
        while (quotes < 5 && cursor.Peek(quotes) == quote)
        {
            quotes++;
        }

        cursor.Advance(quotes);
        text.Append(quote, quotes >= 3 ? quotes - 3 : quotes);
        return quotes >= 3;
    }

    // A backslash as the last thing on a line swallows all blanks and newlines up to the next character.
    private bool TryLineEndingBackslash()
    {
        if (!cursor.Is('\\'))
        {
            return false;
        }

        var blanks = 1;
        while (cursor.Peek(blanks) is ' ' or '\t')
        {
            blanks++;
        }

        if (cursor.Peek(blanks) != '\n' && !(cursor.Peek(blanks) == '\r' && cursor.Peek(blanks + 1) == '\n'))
        {
            return false;
        }

        cursor.Advance(blanks);
        while (cursor.TryNewline())
        {
            cursor.SkipBlanks();
        }

        return true;
    }

    private void ReadCharacter(char quote, StringBuilder text)
    {
        if (quote == '"' && cursor.Is('\\'))
        {
            ReadEscape(text);
            return;
        }

        if (TomlCursor.IsForbiddenControl(cursor.Current))
        {
            throw cursor.Fail($"{cursor.Describe()} is not allowed in a string; a control character but tab is written as \\uXXXX in double quotes");
        }

        text.Append(cursor.Current);
        cursor.Advance();
    }

    private void ReadEscape(StringBuilder text)
    {
        var escape = cursor.Peek(1);
        switch (escape)
        {
            case 'u':
                ReadCodePoint(4, text);
                return;
            case 'U':
                ReadCodePoint(8, text);
                return;
            default:
                text.Append(escape switch
                {
                    'b' => '\b',
                    't' => '\t',
                    'n' => '\n',
                    'f' => '\f',
                    'r' => '\r',
                    '"' => '"',
                    '\\' => '\\',
                    _ => throw cursor.Fail("this escape is not known; allowed are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX and \\UXXXXXXXX, 'single quotes' take none"),
                });
                cursor.Advance(2);
                return;
        }
    }

    private void ReadCodePoint(int digits, StringBuilder text)
    {
        var hex = cursor.Ahead(2, digits);
        if (hex.Length < digits || !uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw cursor.Fail($"\\{cursor.Peek(1)} is followed by {digits} hexadecimal digits");
        }

        if (!Rune.IsValid(value))
        {
            throw cursor.Fail("this escape is no Unicode scalar value; allowed are 0 to D7FF and E000 to 10FFFF");
        }

        text.Append(new Rune(value).ToString());
        cursor.Advance(2 + digits);
    }
}

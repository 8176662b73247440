using System.Globalization;

namespace Relay.Toml;

/// <summary>A place in the text that moves forward and knows its line and column.</summary>
internal sealed class TomlCursor(string text)
{
    private int _line = 1;
    private int _lineStart;

    public int Offset { get; private set; }

    public bool AtEnd => Offset >= text.Length;

    /// <summary>The character here; NUL at the end, which no rule allows as a character.</summary>
    public char Current => Peek(0);

    public TomlPosition Position => new(_line, Offset - _lineStart + 1);

    public char Peek(int distance) => Offset + distance < text.Length ? text[Offset + distance] : '\0';

    public bool Is(char expected) => !AtEnd && text[Offset] == expected;

    public bool Is(string expected) => string.CompareOrdinal(text, Offset, expected, 0, expected.Length) == 0;

    /// <summary>The next characters; fewer at the end.</summary>
    public ReadOnlySpan<char> Ahead(int distance, int count)
    {
        var start = Math.Min(Offset + distance, text.Length);
        return text.AsSpan(start, Math.Min(count, text.Length - start));
    }

    public ReadOnlySpan<char> TextFrom(int start) => text.AsSpan(start, Offset - start);

    /// <summary>Moves on inside a line.</summary>
    public void Advance(int count = 1) => Offset += count;

    /// <summary>The mark is no character of the first line.</summary>
    public void SkipByteOrderMark() => _lineStart = ++Offset;

    public void SkipBlanks()
    {
        while (Current is ' ' or '\t')
        {
            Offset++;
        }
    }

    /// <summary>Passes LF or CRLF; false when neither stands here.</summary>
    public bool TryNewline()
    {
        var length = Current switch
        {
            '\n' => 1,
            '\r' when Peek(1) == '\n' => 2,
            _ => 0,
        };
        if (length == 0)
        {
            return false;
        }

        Offset += length;
        _line++;
        _lineStart = Offset;
        return true;
    }

    /// <summary>Passes a comment up to its newline, if one stands here.</summary>
    public void SkipComment()
    {
        if (!Is('#'))
        {
            return;
        }

        while (!AtEnd && !IsNewline())
        {
            if (IsForbiddenControl(Current))
            {
                throw Fail($"{Describe()} is not allowed in a comment; of the control characters only tab is");
            }

            Offset++;
        }
    }

    /// <summary>Blanks, comments and newlines, as allowed between the elements of an array.</summary>
    public void SkipBlanksAndLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TryNewline());
    }

    public bool IsNewline() => Current == '\n' || (Current == '\r' && Peek(1) == '\n');

    /// <summary>What stands here, for a message.</summary>
    public string Describe()
    {
        if (AtEnd)
        {
            return "the end of the document";
        }

        if (IsNewline())
        {
            return "the end of the line";
        }

        return char.IsControl(Current) || char.IsSurrogate(Current) || char.GetUnicodeCategory(Current) == UnicodeCategory.Format
            ? $"the character U+{(char.IsHighSurrogate(Current) ? char.ConvertToUtf32(Current, Peek(1)) : Current):X4}"
            : $"'{Current}'";
    }

    public TomlException Fail(string message) => new(message, Position);

    /// <summary>The control characters that strings and comments may not hold: all but tab (newlines are handled apart).</summary>
    public static bool IsForbiddenControl(char c) => c is (< ' ' and not '\t') or '\x7f';
}

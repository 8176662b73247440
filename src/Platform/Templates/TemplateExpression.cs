namespace Relay.Platform.Templates;

/// <summary>One word of an expression: a path, a literal, or a call in parentheses.</summary>
/// <param name="Text">As written, without quotes.</param>
/// <param name="Call">The words inside the parentheses; null for the others.</param>
internal sealed record TemplateWord(string Text, bool IsQuoted, IReadOnlyList<TemplateWord>? Call)
{
    /// <summary>Plain name of a variable, whose value the message gives; null for literals, <c>this</c>, <c>@root</c> and the like.</summary>
    public string? Variable
    {
        get
        {
            if (IsQuoted || Call is not null || Text.Length == 0)
            {
                return null;
            }

            if (Text[0] == '[')
            {
                return Text[1..Math.Max(1, Text.IndexOf(']', StringComparison.Ordinal))];
            }

            var name = Text[..(Text.AsSpan().IndexOfAny('.', '/') is >= 0 and var end ? end : Text.Length)];
            return name is "" or "this" or "true" or "false" or "null" or "undefined" || !(char.IsLetter(name[0]) || name[0] == '_') ? null : name;
        }
    }
}

/// <summary>Splits the inside of a tag into words.</summary>
internal ref struct TemplateExpression(ReadOnlySpan<char> text)
{
    private const int MaxNesting = 5;

    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    /// <exception cref="FormatException">Quotes, brackets or parentheses do not match; the message says which.</exception>
    public static List<TemplateWord> Parse(ReadOnlySpan<char> text)
    {
        var expression = new TemplateExpression(text);
        return expression.ReadWords(0);
    }

    private List<TemplateWord> ReadWords(int nesting)
    {
        var words = new List<TemplateWord>();
        while (true)
        {
            while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }

            if (_at == _text.Length)
            {
                return nesting == 0 ? words : throw new FormatException("a parenthesis is not closed");
            }

            switch (_text[_at])
            {
                case ')' when nesting > 0:
                    _at++;
                    return words;
                case ')':
                    throw new FormatException("a parenthesis is closed that was not opened");
                case '(' when nesting == MaxNesting:
                    throw new FormatException($"calls are nested deeper than {MaxNesting}");
                case '(':
                    _at++;
                    words.Add(new TemplateWord(string.Empty, false, ReadWords(nesting + 1)));
                    break;
                case '"' or '\'':
                    words.Add(new TemplateWord(ReadQuoted(), true, null));
                    break;
                default:
                    words.Add(new TemplateWord(ReadPlain(), false, null));
                    break;
            }
        }
    }

    private string ReadQuoted()
    {
        var quote = _text[_at++];
        var length = _text[_at..].IndexOf(quote);
        if (length < 0)
        {
            throw new FormatException("a quote is not closed");
        }

        var quoted = _text.Slice(_at, length).ToString();
        _at += length + 1;
        return quoted;
    }

    private string ReadPlain()
    {
        var start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]) && _text[_at] is not ('(' or ')' or '"' or '\''))
        {
            if (_text[_at] == '[')
            {
                var length = _text[_at..].IndexOf(']');
                _at += length < 0 ? throw new FormatException("a bracket is not closed") : length;
            }

            _at++;
        }

        return _text[start.._at].ToString();
    }
}

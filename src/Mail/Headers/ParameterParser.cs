using System.Globalization;
using System.Text;

namespace Relay.Mail;

/// <summary>Reads <c>value; name=value; name*0*=charset'language'…</c> and joins the pieces of RFC 2231 §3 and §4.</summary>
internal ref struct ParameterParser
{
    private const int MaxParameters = 200;

    private readonly ReadOnlySpan<char> _text;
    private readonly List<Piece> _pieces = [];
    private int _at;

    public ParameterParser(string text) => _text = text;

    private sealed record Piece(string Name, int Index, bool IsEncoded, string Text);

    public (string Value, List<KeyValuePair<string, string>> Parameters) Parse()
    {
        var end = _text.IndexOf(';');
        var value = (end < 0 ? _text : _text[..end]).Trim().ToString();
        _at = end < 0 ? _text.Length : end + 1;
        while (_at < _text.Length && _pieces.Count < MaxParameters)
        {
            ReadParameter();
        }

        return (value, Join(_pieces));
    }

    private void ReadParameter()
    {
        var length = _text[_at..].IndexOfAny('=', ';');
        if (length < 0)
        {
            _at = _text.Length;
            return;
        }

        var name = _text.Slice(_at, length).Trim();
        _at += length + 1;
        if (_text[_at - 1] == ';')
        {
            return;
        }

        var text = ReadValue();
        if (!name.IsEmpty)
        {
            _pieces.Add(ToPiece(name, text));
        }
    }

    private string ReadValue()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }

        return _at < _text.Length && _text[_at] == '"' ? ReadQuoted() : ReadPlain();
    }

    private string ReadQuoted()
    {
        var text = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length)
            {
                _at++;
            }

            text.Append(_text[_at]);
        }

        _at++;
        SkipSemicolon();
        return text.ToString();
    }

    private void SkipSemicolon()
    {
        while (_at < _text.Length && (char.IsWhiteSpace(_text[_at]) || _text[_at] == ';'))
        {
            _at++;
        }

        _at = Math.Min(_at, _text.Length);
    }

    // Senders forget quotes around names with spaces, and semicolons between parameters: "name=" behind a space ends a value.
    private string ReadPlain()
    {
        var rest = _text[_at..];
        var length = rest.IndexOf(';') is >= 0 and var semicolon ? semicolon : rest.Length;
        var value = rest[..length];
        if (value.IndexOf('=') is > 0 and var equals && value[..equals].TrimEnd().LastIndexOfAny(' ', '\t') is > 0 and var space)
        {
            length = space;
        }

        _at += length;
        SkipSemicolon();
        return rest[..length].Trim().ToString();
    }

    // name, name*, name*0, name*0*
    private static Piece ToPiece(ReadOnlySpan<char> name, string text)
    {
        var isEncoded = name[^1] == '*';
        var plain = isEncoded ? name[..^1] : name;
        if (plain.LastIndexOf('*') is > 0 and var star
            && plain.Length - star <= 4
            && int.TryParse(plain[(star + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return new Piece(plain[..star].ToString(), index, isEncoded, text);
        }

        return new Piece(plain.ToString(), -1, isEncoded, text);
    }

    private static List<KeyValuePair<string, string>> Join(List<Piece> pieces)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var group in pieces.GroupBy(piece => piece.Name, StringComparer.OrdinalIgnoreCase))
        {
            // The extended form wins over the plain one that is sent beside it for old readers (RFC 6266 §4.3 has the same rule).
            var extended = group.Where(piece => piece.Index >= 0).OrderBy(piece => piece.Index).ToList();
            var single = group.FirstOrDefault(piece => piece is { Index: < 0, IsEncoded: true });
            var text = single is not null ? Decode([single])
                : extended.Count > 0 ? Decode(extended)
                : EncodedWord.Decode(group.First().Text);
            parameters.Add(new(group.Key, text));
        }

        return parameters;
    }

    private static string Decode(List<Piece> pieces)
    {
        var charset = Encoding.UTF8;
        var bytes = new List<byte>();
        for (var i = 0; i < pieces.Count; i++)
        {
            var text = pieces[i].Text.AsSpan();
            if (i == 0 && pieces[i].IsEncoded && text.IndexOf('\'') is >= 0 and var first && text[(first + 1)..].IndexOf('\'') is >= 0 and var second)
            {
                charset = Charset.Find(text[..first]) ?? Encoding.UTF8;
                text = text[(first + second + 2)..];
            }

            AppendBytes(bytes, text, pieces[i].IsEncoded, charset);
        }

        return charset.GetString([.. bytes]);
    }

    private static void AppendBytes(List<byte> bytes, ReadOnlySpan<char> text, bool isEncoded, Encoding charset)
    {
        if (!isEncoded || !text.Contains('%'))
        {
            bytes.AddRange(charset.GetBytes(text.ToArray()));
            return;
        }

        while (!text.IsEmpty)
        {
            if (text.Length >= 3 && text[0] == '%' && char.IsAsciiHexDigit(text[1]) && char.IsAsciiHexDigit(text[2]))
            {
                bytes.Add(byte.Parse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                text = text[3..];
                continue;
            }

            var length = text[1..].IndexOf('%') is >= 0 and var next ? next + 1 : text.Length;
            bytes.AddRange(charset.GetBytes(text[..length].ToArray()));
            text = text[length..];
        }
    }
}

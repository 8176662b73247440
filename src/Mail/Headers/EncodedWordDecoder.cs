using System.Text;

namespace Relay.Mail;

/// <summary>One run over a text with encoded words; bytes of adjacent words of one charset are gathered before they are decoded.</summary>
internal ref struct EncodedWordDecoder
{
    private readonly ReadOnlySpan<char> _text;
    private readonly StringBuilder _result;
    private readonly List<byte> _pending = [];
    private Encoding? _charset;

    public EncodedWordDecoder(string text)
    {
        _text = text;
        _result = new StringBuilder(text.Length);
    }

    public string Decode()
    {
        var plainStart = 0;
        var at = 0;
        while (_text[at..].IndexOf("=?") is >= 0 and var offset)
        {
            at += offset;
            if (!TryReadWord(_text[at..], out var charset, out var bytes, out var length))
            {
                at += 2;
                continue;
            }

            var between = _text[plainStart..at];
            var isAdjacent = _charset is not null && between.IsWhiteSpace();
            if (!isAdjacent || !ReferenceEquals(_charset, charset))
            {
                Flush();
            }

            if (!isAdjacent)
            {
                _result.Append(between);
            }

            _charset = charset;
            _pending.AddRange(bytes);
            at += length;
            plainStart = at;
        }

        Flush();
        return _result.Append(_text[plainStart..]).ToString();
    }

    private void Flush()
    {
        if (_charset is not null)
        {
            _result.Append(_charset.GetString([.. _pending]));
        }

        _pending.Clear();
        _charset = null;
    }

    // =?charset[*language]?B or Q?payload?=
    private static bool TryReadWord(ReadOnlySpan<char> text, out Encoding? charset, out byte[] bytes, out int length)
    {
        const int MaxCharsetLength = 64;
        charset = null;
        bytes = [];
        length = 0;
        var charsetLength = text.Slice(2, Math.Min(text.Length - 2, MaxCharsetLength)).IndexOf('?');
        if (charsetLength <= 0 || text.Length < charsetLength + 7 || text[charsetLength + 4] != '?')
        {
            return false;
        }

        var payloadStart = charsetLength + 5;
        var payloadLength = text[payloadStart..].IndexOf('?');
        if (payloadLength < 0 || text[payloadStart..] is var rest && (rest.Length < payloadLength + 2 || rest[payloadLength + 1] != '='))
        {
            return false;
        }

        var name = text.Slice(2, charsetLength);
        charset = Charset.Find(name.IndexOf('*') is >= 0 and var star ? name[..star] : name);
        length = payloadStart + payloadLength + 2;
        return charset is not null && TryDecode(text[charsetLength + 3], text.Slice(payloadStart, payloadLength), out bytes);
    }

    private static bool TryDecode(char encoding, ReadOnlySpan<char> payload, out byte[] bytes)
    {
        bytes = [];
        if (payload.ContainsAnyExceptInRange(' ', '~') || payload.Contains("=?", StringComparison.Ordinal))
        {
            return false;
        }

        switch (encoding)
        {
            case 'Q' or 'q':
                bytes = DecodeQ(payload);
                return true;
            case 'B' or 'b':
                bytes = Base64Lines.Decode(Encoding.ASCII.GetBytes(payload.ToArray()));
                return bytes.Length > 0 || payload.IsEmpty;
            default:
                return false;
        }
    }

    private static byte[] DecodeQ(ReadOnlySpan<char> payload)
    {
        var bytes = new byte[payload.Length];
        var count = 0;
        for (var i = 0; i < payload.Length; i++)
        {
            var c = payload[i];
            if (c == '=' && i + 2 < payload.Length && char.IsAsciiHexDigit(payload[i + 1]) && char.IsAsciiHexDigit(payload[i + 2]))
            {
                bytes[count++] = Convert.FromHexString(payload.Slice(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                bytes[count++] = c == '_' ? (byte)' ' : (byte)c;
            }
        }

        return bytes[..count];
    }
}

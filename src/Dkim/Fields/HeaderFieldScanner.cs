namespace Relay.Dkim;

/// <summary>Walks over the fields of a header block, in order, without copying (RFC 5322 §2.2).</summary>
/// <remarks>Stops at the blank line or the end. Lines that are no field (no colon, or folded onto nothing) are skipped.</remarks>
internal ref struct HeaderFieldScanner(ReadOnlySpan<byte> headers)
{
    private readonly ReadOnlySpan<byte> _headers = headers;
    private int _position;

    public bool MoveNext(out HeaderFieldSpan field)
    {
        while (_position < _headers.Length && !_headers[_position..].StartsWith("\r\n"u8))
        {
            var start = _position;
            _position = EndOfField(start);
            var raw = _headers[start.._position];
            var colon = raw.IndexOf((byte)':');
            var nameLength = colon < 0 ? 0 : raw[..colon].TrimEnd(" \t"u8).Length;
            if (nameLength > 0 && !IsWhiteSpace(raw[0]))
            {
                field = new HeaderFieldSpan(start, raw.Length, nameLength);
                return true;
            }
        }

        field = default;
        return false;
    }

    private readonly int EndOfField(int position)
    {
        do
        {
            var lineEnd = _headers[position..].IndexOf("\r\n"u8);
            if (lineEnd < 0)
            {
                return _headers.Length;
            }

            position += lineEnd + 2;
        }
        while (position < _headers.Length && IsWhiteSpace(_headers[position]));

        return position;
    }

    private static bool IsWhiteSpace(byte octet) => octet is (byte)' ' or (byte)'\t';
}

namespace Relay.Dkim;

/// <summary>Where a field stands in its header block.</summary>
/// <param name="Start">Offset of the first octet of the name.</param>
/// <param name="Length">Octets up to and with the final CRLF.</param>
/// <param name="NameLength">Octets of the name without white space before the colon.</param>
internal readonly record struct HeaderFieldSpan(int Start, int Length, int NameLength)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> headers) => headers.Slice(Start, Length);

    public ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> headers) => headers.Slice(Start, NameLength);
}

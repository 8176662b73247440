using System.Net;
using System.Text;

namespace Relay.Dns;

/// <summary>Reads the data of the record types we know.</summary>
internal static class RecordReader
{
    /// <summary>
    /// Reads <paramref name="length"/> bytes at <paramref name="position"/>. False when the data are malformed;
    /// true with null for a type we have no use for.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, int position, int length, RecordType type, out object? data)
    {
        // The end of the data is the end of the reader's world; names may still point backwards from there.
        var reader = new WireReader(message[..(position + length)], position);
        data = null;
        switch (type)
        {
            case RecordType.A:
                data = length == 4 ? new AddressRecord(new IPAddress(message.Slice(position, 4))) : null;
                return data is not null;
            case RecordType.Aaaa:
                data = length == 16 ? new AddressRecord(new IPAddress(message.Slice(position, 16))) : null;
                return data is not null;
            case RecordType.Cname:
                data = reader.TryReadName(out var target) ? new AliasRecord(target) : null;
                break;
            case RecordType.Ns:
                data = reader.TryReadName(out var host) ? new NsRecord(host) : null;
                break;
            case RecordType.Ptr:
                data = reader.TryReadName(out var name) ? new PtrRecord(name) : null;
                break;
            case RecordType.Mx:
                data = reader.TryReadUInt16(out var preference) && reader.TryReadName(out var exchange)
                    ? new MxRecord(preference, exchange)
                    : null;
                break;
            case RecordType.Txt:
                data = ReadText(message.Slice(position, length));
                return data is not null;
            case RecordType.Tlsa:
                data = ReadTlsa(message.Slice(position, length));
                return data is not null;
            default:
                return true;
        }

        return data is not null && reader.Position == position + length;
    }

    /// <summary>One or more character strings (RFC 1035 §3.3.14), joined. Bytes beyond ASCII are read as UTF-8.</summary>
    private static TxtRecord? ReadText(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return null;
        }

        var joined = new byte[data.Length];
        var joinedLength = 0;
        while (!data.IsEmpty)
        {
            int length = data[0];
            if (length >= data.Length)
            {
                return null;
            }

            data.Slice(1, length).CopyTo(joined.AsSpan(joinedLength));
            joinedLength += length;
            data = data[(length + 1)..];
        }

        return new TxtRecord(Encoding.UTF8.GetString(joined, 0, joinedLength));
    }

    private static TlsaRecord? ReadTlsa(ReadOnlySpan<byte> data) =>
        data.Length > 3 ? new TlsaRecord(data[0], data[1], data[2], data[3..].ToArray()) : null;
}

using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Relay.Dns;

/// <summary>Names between their text and their wire form (RFC 1035 §3.1).</summary>
/// <remarks>
/// Text is lower case, without trailing dot, the root is the empty string. A byte that is no printable ASCII, a dot inside a
/// label and a backslash are written as <c>\DDD</c> (RFC 1035 §5.1), so that every name a server may send has exactly one text.
/// </remarks>
internal static class DnsName
{
    public const int MaxWireLength = 255;
    public const int MaxTextLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>
    /// True for the names we are willing to ask for: labels of 1–63 letters, digits, hyphens and underscores, at most 253
    /// characters. The hyphen's place is not judged, for the names of others do have it at odd places.
    /// </summary>
    public static bool IsHostText(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaxTextLength || name.ContainsAnyExcept(HostCharacters))
        {
            return false;
        }

        foreach (var label in name.Split('.'))
        {
            var length = label.End.Value - label.Start.Value;
            if (length is 0 or > MaxLabelLength)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes <paramref name="name"/> uncompressed; false when it is no name or does not fit.</summary>
    public static bool TryWrite(ReadOnlySpan<char> name, Span<byte> target, out int written)
    {
        written = 0;
        var limit = Math.Min(target.Length, MaxWireLength);
        while (!name.IsEmpty)
        {
            var lengthAt = written++;
            if (!TryWriteLabel(ref name, target[..limit], ref written))
            {
                return false;
            }

            var length = written - lengthAt - 1;
            if (length is 0 or > MaxLabelLength)
            {
                return false;
            }

            target[lengthAt] = (byte)length;
        }

        if (written >= limit)
        {
            return false;
        }

        target[written++] = 0;
        return true;
    }

    public static bool AreEqual(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <summary>Appends one label's bytes in text form.</summary>
    public static void AppendLabel(StringBuilder text, ReadOnlySpan<byte> label)
    {
        if (text.Length > 0)
        {
            text.Append('.');
        }

        foreach (var value in label)
        {
            if (value is > (byte)' ' and < 0x7f and not (byte)'.' and not (byte)'\\')
            {
                text.Append(char.ToLowerInvariant((char)value));
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\{value:D3}");
            }
        }
    }

    /// <summary>The name to ask for PTR: in-addr.arpa (RFC 1035 §3.5) or ip6.arpa (RFC 3596 §2.5).</summary>
    public static string Reverse(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes[3]}.{bytes[2]}.{bytes[1]}.{bytes[0]}.in-addr.arpa");
        }

        var text = new StringBuilder(72);
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            text.Append(CultureInfo.InvariantCulture, $"{bytes[i] & 0xf:x}.{bytes[i] >> 4:x}.");
        }

        return text.Append("ip6.arpa").ToString();
    }

    private static bool TryWriteLabel(ref ReadOnlySpan<char> name, Span<byte> target, ref int written)
    {
        while (!name.IsEmpty)
        {
            if (name[0] == '.')
            {
                // A dot only separates; the name may not end with one.
                name = name[1..];
                return !name.IsEmpty;
            }

            if (!TryTakeByte(ref name, out var value) || written >= target.Length)
            {
                return false;
            }

            target[written++] = value;
        }

        return true;
    }

    private static bool TryTakeByte(ref ReadOnlySpan<char> name, out byte value)
    {
        value = 0;
        if (name[0] != '\\')
        {
            value = (byte)name[0];
            var isPrintable = name[0] is > ' ' and < '\x7f';
            name = name[1..];
            return isPrintable;
        }

        if (name.Length < 4 || !byte.TryParse(name[1..4], NumberStyles.None, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        name = name[4..];
        return true;
    }
}

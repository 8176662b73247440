using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Relay.Mail;

/// <summary>The bracketed addresses of RFC 5321 §4.1.3, read by its grammar.</summary>
/// <remarks>
/// <see cref="IPAddress.TryParse(string, out IPAddress)"/> is not used: it takes octal octets, missing parts and scope
/// identifiers. General address literals are refused, because nobody could deliver to one.
/// </remarks>
internal static class AddressLiteral
{
    private const string Ipv6Tag = "IPv6:";
    private const int Groups = 8;

    /// <summary>Parses the literal with its brackets.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text is not ['[', .. var inner, ']'])
        {
            return false;
        }

        return inner.StartsWith(Ipv6Tag, StringComparison.OrdinalIgnoreCase)
            ? TryParseIpv6(inner[Ipv6Tag.Length..], out address)
            : TryParseIpv4(inner, out address);
    }

    /// <summary>The literal with its brackets.</summary>
    public static string Format(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Ipv6Tag}{address}]" : $"[{address}]";

    private static bool TryParseIpv4(ReadOnlySpan<char> text, out IPAddress? address)
    {
        Span<byte> octets = stackalloc byte[4];
        address = TryReadOctets(text, octets) ? new IPAddress(octets) : null;
        return address is not null;
    }

    private static bool TryReadOctets(ReadOnlySpan<char> text, Span<byte> octets)
    {
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (count == octets.Length
                || part.Length > 3
                || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out octets[count]))
            {
                return false;
            }

            count++;
        }

        return count == octets.Length;
    }

    // One pass over the groups; "::" may stand once and for two groups of zeros at least (RFC 5321 §4.1.3).
    private static bool TryParseIpv6(ReadOnlySpan<char> text, out IPAddress? address)
    {
        address = null;
        Span<byte> bytes = stackalloc byte[Groups * 2];
        bytes.Clear();
        var count = 0;
        var gap = -1;
        var rest = text;
        if (rest.StartsWith("::"))
        {
            gap = 0;
            rest = rest[2..];
        }

        while (!rest.IsEmpty)
        {
            var length = rest.IndexOf(':');
            var group = length < 0 ? rest : rest[..length];
            if (length < 0 && group.Contains('.'))
            {
                if (count > Groups - 2 || !TryReadOctets(group, bytes.Slice(count * 2, 4)))
                {
                    return false;
                }

                count += 2;
                break;
            }

            if (count == Groups || !TryReadGroup(group, bytes.Slice(count * 2, 2)))
            {
                return false;
            }

            count++;
            if (length < 0)
            {
                break;
            }

            rest = rest[(length + 1)..];
            if (rest.IsEmpty)
            {
                return false;
            }

            if (rest[0] == ':')
            {
                if (gap >= 0)
                {
                    return false;
                }

                gap = count;
                rest = rest[1..];
            }
        }

        if (gap < 0 ? count != Groups : count > Groups - 2)
        {
            return false;
        }

        if (gap >= 0)
        {
            var tail = bytes[(gap * 2)..(count * 2)];
            tail.CopyTo(bytes[^tail.Length..]);
            bytes[(gap * 2)..^tail.Length].Clear();
        }

        address = new IPAddress(bytes);
        return true;
    }

    private static bool TryReadGroup(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length is 0 or > 4
            || !ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        bytes[0] = (byte)(value >> 8);
        bytes[1] = (byte)value;
        return true;
    }
}

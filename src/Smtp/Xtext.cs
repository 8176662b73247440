using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Relay.Smtp;

/// <summary>The values of DSN parameters on the wire (RFC 3461 §4, RFC 6533 §3), both ways.</summary>
internal static class Xtext
{
    /// <summary>xtext of ENVID: printable ASCII but + and =; everything else as +HH.</summary>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + 8);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet is > (byte)' ' and <= (byte)'~' and not ((byte)'+' or (byte)'='))
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"+{octet:X2}");
            }
        }

        return encoded.ToString();
    }

    /// <summary>Reads xtext back; false for anything else, and for what decodes to more than printable ASCII (RFC 3461 §4.4 and §4.2).</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '+')
            {
                // Upper-case digits only: the grammar has no others, and two spellings of one value would be two ids.
                if (i + 2 >= text.Length || !IsUpperHex(text[i + 1]) || !IsUpperHex(text[i + 2]))
                {
                    return false;
                }

                c = (char)byte.Parse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else if (c is <= ' ' or > '~' or '=')
            {
                return false;
            }

            // What is decoded is written into reports, line by line: nothing in it may end a line.
            if (c is < ' ' or > '~')
            {
                return false;
            }

            plain.Append(c);
        }

        decoded = plain.ToString();
        return decoded.Length > 0;
    }

    /// <summary>ORCPT from <c>type;address</c>. An address outside ASCII takes the type utf-8, whatever it was called.</summary>
    public static string EncodeOriginalRecipient(string typed)
    {
        var semicolon = typed.IndexOf(';', StringComparison.Ordinal);
        var type = semicolon < 0 ? "rfc822" : typed[..semicolon];
        var address = typed[(semicolon + 1)..];
        var isUtf8 = type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || !Ascii.IsValid(address);
        return isUtf8 ? "utf-8;" + EncodeUnicode(address) : Encode(type) + ";" + Encode(address);
    }

    /// <summary>Reads ORCPT back to <c>type;address</c> (RFC 3461 §4.2; the type utf-8 by RFC 6533 §3).</summary>
    public static bool TryDecodeOriginalRecipient(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? typed)
    {
        typed = null;
        var semicolon = text.IndexOf(';');
        if (semicolon <= 0 || !IsAtom(text[..semicolon]))
        {
            return false;
        }

        var type = text[..semicolon].ToString().ToLowerInvariant();
        string? address;
        var isValid = type == "utf-8"
            ? TryDecodeUnicode(text[(semicolon + 1)..], out address)
            : TryDecode(text[(semicolon + 1)..], out address);
        typed = isValid ? type + ";" + address : null;
        return isValid;
    }

    // utf-8-addr-xtext of RFC 6533 §3: plain ASCII for every peer, \x{HEX} for what is not allowed as it is.
    private static string EncodeUnicode(string address)
    {
        var encoded = new StringBuilder(address.Length + 16);
        foreach (var rune in address.EnumerateRunes())
        {
            if (rune.Value is > ' ' and <= '~' and not ('+' or '=' or '\\'))
            {
                encoded.Append(rune.ToString());
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");
            }
        }

        return encoded.ToString();
    }

    // Both forms of RFC 6533 §3: \x{HEX} in ASCII, and UTF-8 as it is inside an SMTPUTF8 transaction.
    private static bool TryDecodeUnicode(ReadOnlySpan<char> text, out string? address)
    {
        address = null;
        var plain = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            if (text[0] == '\\')
            {
                var end = text.IndexOf('}');
                if (end is < 4 or > 9 || text[1] != 'x' || text[2] != '{'
                    || !int.TryParse(text[3..end], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
                    || !Rune.IsValid(value)
                    || Rune.IsControl(new Rune(value)))
                {
                    return false;
                }

                plain.Append(new Rune(value).ToString());
                text = text[(end + 1)..];
                continue;
            }

            if (text[0] is <= ' ' or '+' or '=' || char.IsControl(text[0]))
            {
                return false;
            }

            plain.Append(text[0]);
            text = text[1..];
        }

        address = plain.ToString();
        return address.Length > 0;
    }

    private static bool IsUpperHex(char c) => c is (>= '0' and <= '9') or (>= 'A' and <= 'F');

    private static bool IsAtom(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}

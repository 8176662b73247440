using System.Globalization;
using System.Text;

namespace Relay.Smtp.Client;

/// <summary>Encodes the values of DSN parameters (RFC 3461 §4, RFC 6533 §3).</summary>
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

    /// <summary>ORCPT from <c>type;address</c>. An address outside ASCII takes the type utf-8, whatever it was called.</summary>
    public static string EncodeOriginalRecipient(string typed)
    {
        var semicolon = typed.IndexOf(';', StringComparison.Ordinal);
        var type = semicolon < 0 ? "rfc822" : typed[..semicolon];
        var address = typed[(semicolon + 1)..];
        var isUtf8 = type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || !Ascii.IsValid(address);
        return isUtf8 ? "utf-8;" + EncodeUnicode(address) : Encode(type) + ";" + Encode(address);
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
}

using System.Text;

namespace Relay.Mail;

/// <summary>Charset names of MIME (RFC 2045 §5.1, RFC 2047 §2) to encodings. UTF-7 is not among them: it hides markup from filters.</summary>
internal static class Charset
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null for a charset we do not know.</summary>
    public static Encoding? Find(ReadOnlySpan<char> name)
    {
        var known = name.Trim().ToString().ToLowerInvariant();
        return known switch
        {
            "utf-8" or "utf8" => Encoding.UTF8,
            "us-ascii" or "ascii" or "ansi_x3.4-1968" => Encoding.UTF8,
            "iso-8859-1" or "iso8859-1" or "latin1" => Encoding.Latin1,
            "utf-16" or "utf-16le" => Encoding.Unicode,
            "utf-16be" => Encoding.BigEndianUnicode,
            "" or "utf-7" => null,
            _ => CodePagesEncodingProvider.Instance.GetEncoding(known),
        };
    }

    /// <summary>Text of unknown charset: UTF-8 when it is valid UTF-8, else ISO-8859-1, which no bytes can fail.</summary>
    public static string DecodeUnlabelled(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        return System.Text.Unicode.Utf8.IsValid(bytes) ? StrictUtf8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
    }
}

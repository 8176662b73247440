using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Relay.Tests.Fuzz;

/// <summary>Texts made of the pieces that parsers of mail stumble over.</summary>
internal static class MailTextGenerators
{
    private static readonly string[] Pieces =
    [
        "a", "B", "7", " ", "  ", "\t", "\r\n", "\r\n ", "\n", "\r", "\0", "é", "ß", "日本", "😀", "\u0301", "\u00a0", "\u2028", "\ufffd",
        "=", "=?", "?=", "=?utf-8?Q?", "=?utf-8?B?", "=C3=A9", "%41", "%", "'", "''", "*", "*0*=", "\"", "\\", "(", ")", "<", ">", "[", "]", "@",
        ",", ";", ":", ".", "..", "-", "--b", "--b--", "user@example.com", "[192.0.2.1]", "[IPv6:2001:db8::1]", "name=value",
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "Content-Type: message/rfc822\n\n", "Content-Transfer-Encoding: base64\r\n",
        "Final-Recipient: rfc822; a@example.com\n", "Content-Type: message/delivery-status\n\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];

    /// <summary>Any sequence of the pieces, never with half a surrogate pair.</summary>
    public static Arbitrary<string> Text { get; } = Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    /// <summary>The pieces as bytes between random ones.</summary>
    public static Arbitrary<byte[]> Bytes { get; } = Gen.OneOf(
            Gen.Elements(Pieces).Select(Encoding.UTF8.GetBytes),
            Gen.Choose(0, 255).Select(value => new[] { (byte)value }))
        .ListOf().Select(pieces => pieces.SelectMany(piece => piece).ToArray()).ToArbitrary();
}

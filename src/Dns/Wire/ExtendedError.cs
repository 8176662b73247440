using System.Text;

namespace Relay.Dns;

/// <summary>Why a server failed, in its own words (RFC 8914).</summary>
internal sealed record ExtendedError(int Code, string Text)
{
    private const int MaxTextLength = 120;

    /// <summary>RFC 8914 §4 and the registry that grew from it, by code.</summary>
    private static readonly string[] Meanings =
    [
        "other error",
        "unsupported DNSKEY algorithm",
        "unsupported DS digest type",
        "stale answer",
        "forged answer",
        "DNSSEC indeterminate",
        "DNSSEC bogus",
        "signature expired",
        "signature not yet valid",
        "DNSKEY missing",
        "RRSIGs missing",
        "no zone key bit set",
        "NSEC missing",
        "cached error",
        "server not ready",
        "blocked",
        "censored",
        "filtered",
        "prohibited",
        "stale NXDOMAIN answer",
        "not authoritative",
        "not supported",
        "no reachable authority",
        "network error",
        "invalid data",
    ];

    /// <summary>Reads the option's data; the text is untrusted, so it is cut and stripped of control characters.</summary>
    public static ExtendedError? Read(ReadOnlySpan<byte> option)
    {
        if (option.Length < 2)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(option[2..Math.Min(option.Length, 2 + MaxTextLength)]).TrimEnd('\0', ' ');
        return new ExtendedError((option[0] << 8) | option[1], Printable(text));
    }

    public override string ToString()
    {
        var meaning = Code < Meanings.Length ? Meanings[Code] : $"extended error {Code}";
        return Text.Length == 0 ? meaning : $"{meaning}: {Text}";
    }

    private static string Printable(string text) =>
        string.Create(text.Length, text, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
}

using System.Globalization;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>Reads the keywords of an EHLO reply (RFC 5321 §4.1.1.1); unknown ones are left alone.</summary>
internal static class EhloReplyParser
{
    public static PeerExtensions Parse(SmtpReply reply)
    {
        var extensions = PeerExtensions.None;
        for (var i = 1; i < reply.Lines.Count; i++)
        {
            extensions = Add(extensions, reply.Lines[i].Trim());
        }

        return extensions;
    }

    private static PeerExtensions Add(PeerExtensions extensions, string line)
    {
        // Old servers write AUTH=LOGIN, as the draft before RFC 2554 did.
        var end = line.AsSpan().IndexOfAny(' ', '=');
        var keyword = end < 0 ? line : line[..end];
        var arguments = end < 0 ? string.Empty : line[(end + 1)..];
        return keyword.ToUpperInvariant() switch
        {
            "PIPELINING" => extensions with { Pipelining = true },
            "8BITMIME" => extensions with { EightBitMime = true },
            "SMTPUTF8" => extensions with { SmtpUtf8 = true },
            "STARTTLS" => extensions with { StartTls = true },
            "CHUNKING" => extensions with { Chunking = true },
            "BINARYMIME" => extensions with { BinaryMime = true },
            "LIMITS" => AddLimits(extensions, arguments),
            "DSN" => extensions with { Dsn = true },
            "ENHANCEDSTATUSCODES" => extensions with { EnhancedStatusCodes = true },
            "REQUIRETLS" => extensions with { RequireTls = true },
            "SIZE" => extensions with { SizeAnnounced = true, MaxSizeBytes = ParseSize(arguments) },
            "AUTH" => extensions with { AuthMechanisms = AddMechanisms(extensions.AuthMechanisms, arguments) },
            _ => extensions,
        };
    }

    // RFC 1870 §3: 0 or no number mean no fixed limit.
    private static long? ParseSize(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0 ? size : null;

    // What is malformed or unknown is left alone (RFC 9422 §3); of a limit named twice the first counts.
    private static PeerExtensions AddLimits(PeerExtensions extensions, string arguments)
    {
        foreach (var word in arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || ParseLimit(word.AsSpan(equals + 1)) is not { } limit)
            {
                continue;
            }

            extensions = word[..equals].ToUpperInvariant() switch
            {
                "MAILMAX" => extensions with { MaxTransactions = extensions.MaxTransactions ?? limit },
                "RCPTMAX" => extensions with { MaxRecipients = extensions.MaxRecipients ?? limit },
                "RCPTDOMAINMAX" => extensions with { MaxRecipientDomains = extensions.MaxRecipientDomains ?? limit },
                _ => extensions,
            };
        }

        return extensions;
    }

    // One to six digits, the first of them not 0 (RFC 9422 §4).
    private static int? ParseLimit(ReadOnlySpan<char> text) =>
        text is { Length: >= 1 and <= 6 } and not ['0', ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;

    private static string[] AddMechanisms(IReadOnlyList<string> known, string arguments) =>
        [.. known.Union(arguments.ToUpperInvariant().Split([' ', '='], StringSplitOptions.RemoveEmptyEntries))];
}

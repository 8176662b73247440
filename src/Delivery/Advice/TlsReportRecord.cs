using Relay.Mail;

namespace Relay.Delivery;

/// <summary>The TXT record at <c>_smtp._tls</c> that says where reports about TLS go (RFC 8460 §3).</summary>
internal sealed record TlsReportRecord(IReadOnlyList<string> Addresses)
{
    private const string Version = "v=TLSRPTv1";

    /// <summary>A text without it is no such record, whatever else it says.</summary>
    public static bool HasVersion(string text) =>
        text.StartsWith(Version, StringComparison.Ordinal) && (text.Length == Version.Length || text[Version.Length] is ';' or ' ' or '\t');

    /// <returns>Null when <paramref name="problem"/> says what is wrong.</returns>
    public static TlsReportRecord? Parse(string text, out string problem)
    {
        var fields = text.Split(';', StringSplitOptions.TrimEntries);
        var rua = fields.Skip(1).Select(Value).FirstOrDefault(value => value is not null);
        if (fields[0] != Version || string.IsNullOrEmpty(rua))
        {
            problem = fields[0] != Version ? "behind v=TLSRPTv1 a semicolon is missing" : "it has no rua=, so that nobody is told";
            return null;
        }

        var addresses = rua.Split(',', StringSplitOptions.TrimEntries);
        var bad = addresses.FirstOrDefault(address => !IsAddress(address));
        problem = bad is null ? string.Empty : $"rua {AdviceText.Shown(bad)} is neither mailto: with an address nor an https: URL";
        return bad is null ? new TlsReportRecord(addresses) : null;
    }

    private static string? Value(string field)
    {
        var equals = field.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && field.AsSpan(0, equals).TrimEnd().SequenceEqual("rua") ? field[(equals + 1)..].Trim() : null;
    }

    private static bool IsAddress(string text) =>
        text.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase)
            ? Mailbox.TryParse(Uri.UnescapeDataString(text["mailto:".Length..].Split('?')[0]), out var mailbox) && mailbox.Domain is not null
            : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.Host.Length > 0;
}

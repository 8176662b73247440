using System.Globalization;
using System.Net;

namespace Relay.Mail;

/// <summary>An abuse or authentication failure report that came in (ARF, RFC 5965, RFC 6591), read tolerantly.</summary>
public sealed record FeedbackReport
{
    /// <summary>Feedback-Type in lower case: <c>abuse</c>, <c>fraud</c>, <c>opt-out</c>, <c>auth-failure</c>, <c>not-spam</c>…; empty when absent.</summary>
    public required string FeedbackType { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>Arrival-Date or Received-Date.</summary>
    public DateTimeOffset? ArrivalDate { get; init; }

    public string? OriginalEnvelopeId { get; init; }

    /// <summary>As written, without angle brackets; null when absent.</summary>
    public string? OriginalMailFrom { get; init; }

    /// <summary>Without angle brackets, in order; often left out or hidden by the reporter.</summary>
    public IReadOnlyList<string> OriginalRecipients { get; init; } = [];

    /// <summary>Removal-Recipient of opt-out reports: who wants no more.</summary>
    public IReadOnlyList<string> RemovalRecipients { get; init; } = [];

    public IReadOnlyList<string> ReportedDomains { get; init; } = [];

    public IReadOnlyList<string> ReportedUris { get; init; } = [];

    public IReadOnlyList<string> AuthenticationResults { get; init; } = [];

    public string? ReportingMta { get; init; }

    public IPAddress? SourceIp { get; init; }

    /// <summary>1 when absent; one report may stand for many incidents.</summary>
    public int Incidents { get; init; } = 1;

    /// <summary>Auth-Failure of RFC 6591 in lower case: <c>bodyhash</c>, <c>dmarc</c>, <c>spf</c>…; null when absent.</summary>
    public string? AuthFailure { get; init; }

    /// <summary>CFBL-Feedback-ID (RFC 9477 §3.2) where the reporter repeats it in the report.</summary>
    public string? FeedbackId { get; init; }

    public string? DkimDomain { get; init; }

    public string? DkimSelector { get; init; }

    /// <summary>Header of the reported message as far as it was returned; else empty.</summary>
    public HeaderBlock OriginalHeader { get; init; } = HeaderBlock.Empty;

    /// <summary>Reads the report inside a message; false when it holds none.</summary>
    public static bool TryRead(MimeEntity message, out FeedbackReport report)
    {
        report = new FeedbackReport { FeedbackType = string.Empty };
        foreach (var part in message.OwnParts())
        {
            if (part.MediaType == "message/feedback-report")
            {
                var groups = ReportFields.ReadGroups(part.GetContent());
                var fields = new HeaderBlock([.. groups.SelectMany(group => group.Fields)], ReadOnlyMemory<byte>.Empty);
                report = Read(fields) with { OriginalHeader = ReportedMessage.FindHeader(message) };
                return fields.Fields.Count > 0;
            }
        }

        return false;
    }

    private static FeedbackReport Read(HeaderBlock fields) => new()
    {
        FeedbackType = fields.Value("Feedback-Type")?.ToLowerInvariant() ?? string.Empty,
        UserAgent = fields.Value("User-Agent"),
        ArrivalDate = ReportFields.Date(fields.Value("Arrival-Date") ?? fields.Value("Received-Date")),
        OriginalEnvelopeId = fields.Value("Original-Envelope-Id"),
        OriginalMailFrom = ReportFields.Address(fields.Value("Original-Mail-From")),
        OriginalRecipients = [.. Values(fields, "Original-Rcpt-To").Select(ReportFields.Address).OfType<string>()],
        RemovalRecipients = [.. Values(fields, "Removal-Recipient").Select(ReportFields.Address).OfType<string>()],
        ReportedDomains = Values(fields, "Reported-Domain"),
        ReportedUris = Values(fields, "Reported-URI"),
        AuthenticationResults = Values(fields, "Authentication-Results"),
        ReportingMta = ReportFields.WithoutType(fields.Value("Reporting-MTA")),
        SourceIp = ReadAddress(fields.Value("Source-IP")),
        Incidents = ReadIncidents(fields.Value("Incidents")),
        AuthFailure = fields.Value("Auth-Failure")?.ToLowerInvariant(),
        FeedbackId = fields.Value("CFBL-Feedback-ID"),
        DkimDomain = fields.Value("DKIM-Domain"),
        DkimSelector = fields.Value("DKIM-Selector"),
    };

    private static List<string> Values(HeaderBlock fields, string name) => [.. fields.FindAll(name).Select(field => field.Value)];

    // Some reporters add a host name in a comment, or brackets.
    private static IPAddress? ReadAddress(string? value) =>
        value is not null && IPAddress.TryParse(CommentReader.Remove(value).AsSpan().Trim(" []"), out var address) ? address : null;

    private static int ReadIncidents(string? value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : 1;
}

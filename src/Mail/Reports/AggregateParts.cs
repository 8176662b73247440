namespace Relay.Mail;

/// <summary>Recognises aggregate reports by their parts: names and types, before anything is expanded.</summary>
internal static class AggregateParts
{
    public static ReportKind? Find(MimeEntity message)
    {
        foreach (var part in message.OwnParts())
        {
            if (IsTlsReport(part))
            {
                return ReportKind.TlsReport;
            }

            if (IsDmarc(part, message.Header))
            {
                return ReportKind.DmarcAggregate;
            }
        }

        return null;
    }

    public static bool IsTlsReport(MimeEntity part) =>
        part.MediaType is "application/tlsrpt+json" or "application/tlsrpt+gzip"
        || (part.FileName is { } name && (name.EndsWith(".tlsrpt.json", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tlsrpt.json.gz", StringComparison.OrdinalIgnoreCase)));

    // RFC 9990 §2: receiver "!" policy-domain "!" begin "!" end in the file's name; "Report Domain: … Submitter: …" in the subject.
    public static bool IsDmarc(MimeEntity part, HeaderBlock header) =>
        part.MediaType is "application/gzip" or "application/zip" or "application/x-gzip" or "application/x-zip-compressed" or "application/octet-stream"
            or "text/xml" or "application/xml"
        && ((part.FileName is { } name && name.Count(c => c == '!') >= 3)
            || (header.Text("Subject") is { } subject && subject.Contains("Report Domain:", StringComparison.OrdinalIgnoreCase)
                && subject.Contains("Submitter:", StringComparison.OrdinalIgnoreCase)));
}

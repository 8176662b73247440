using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Relay.Mail;

/// <summary>Reads the XML of DMARC aggregate reports (RFC 9990, and the form before it), tolerantly and bounded.</summary>
internal static class DmarcReportReader
{
    private const int MaxRecords = 100_000;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = BoundedExpansion.MaxBytes,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    public static AggregateReport? Read(byte[] xml)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(xml), Settings);
            return Read(XElement.Load(reader));
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static AggregateReport? Read(XElement feedback)
    {
        var metadata = Child(feedback, "report_metadata");
        var domain = Text(Child(feedback, "policy_published"), "domain");
        var id = Text(metadata, "report_id");
        if (feedback.Name.LocalName != "feedback" || domain is null || id is null)
        {
            return null;
        }

        var records = feedback.Elements().Where(element => element.Name.LocalName == "record").Take(MaxRecords).Select(ReadRecord).ToList();
        var range = Child(metadata, "date_range");
        return new AggregateReport
        {
            Kind = ReportKind.DmarcAggregate,
            Domain = domain.ToLowerInvariant().TrimEnd('.'),
            Reporter = Text(metadata, "org_name") ?? Text(metadata, "email") ?? "unknown",
            ReportId = id,
            Begins = Time(Text(range, "begin")),
            Ends = Time(Text(range, "end")),
            Total = records.Sum(record => record.Count),
            Passed = records.Where(record => record.IsPassed).Sum(record => record.Count),
            Rows = [.. records.OrderByDescending(record => record.Count).Take(AggregateReport.MaxRows)],
        };
    }

    private static AggregateRow ReadRecord(XElement record)
    {
        var row = Child(record, "row");
        var policy = Child(row, "policy_evaluated");
        var (dkim, spf) = (Text(policy, "dkim") ?? "none", Text(policy, "spf") ?? "none");
        var from = Text(Child(record, "identifiers"), "header_from");
        var isPassed = dkim == "pass" || spf == "pass";
        return new AggregateRow(
            Text(row, "source_ip"),
            $"{Text(policy, "disposition") ?? "none"}, dkim {dkim}, spf {spf}" + (from is null ? string.Empty : $", from {from}"),
            long.TryParse(Text(row, "count"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1,
            isPassed);
    }

    private static XElement? Child(XElement? parent, string name) => parent?.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    private static string? Text(XElement? parent, string name) =>
        Child(parent, name)?.Value.Trim() is { Length: > 0 } text ? text.Length > 255 ? text[..255] : text : null;

    private static DateTimeOffset Time(string? seconds) =>
        long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(value)
            : DateTimeOffset.UnixEpoch;
}

using System.Globalization;
using System.Text.Json;

namespace Relay.Mail;

/// <summary>Reads the JSON of TLS reports (RFC 8460 §4.4), tolerantly and bounded.</summary>
internal static class TlsReportReader
{
    private const int MaxItems = 10_000;

    public static AggregateReport? Read(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            return Read(document.RootElement);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static AggregateReport? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || Text(root, "report-id") is not { } id)
        {
            return null;
        }

        var policies = Items(root, "policies").ToList();
        var rows = policies.SelectMany(ReadPolicy).ToList();
        var range = Child(root, "date-range");
        return new AggregateReport
        {
            Kind = ReportKind.TlsReport,
            Domain = (policies.Select(policy => Text(Child(policy, "policy"), "policy-domain")).FirstOrDefault(domain => domain is not null) ?? DomainIn(id) ?? "unknown").ToLowerInvariant(),
            Reporter = Text(root, "organization-name") ?? "unknown",
            ReportId = id,
            Begins = Time(Text(range, "start-datetime")),
            Ends = Time(Text(range, "end-datetime")),
            Total = rows.Sum(row => row.Count),
            Passed = rows.Where(row => row.IsPassed).Sum(row => row.Count),
            Rows = [.. rows.Where(row => row.Count > 0).OrderByDescending(row => row.Count).Take(AggregateReport.MaxRows)],
        };
    }

    private static IEnumerable<AggregateRow> ReadPolicy(JsonElement policy)
    {
        var kind = Text(Child(policy, "policy"), "policy-type") ?? "no policy";
        var summary = Child(policy, "summary");
        yield return new AggregateRow(null, $"{kind}: protected", Number(summary, "total-successful-session-count"), true);
        long told = 0;
        foreach (var detail in Items(policy, "failure-details"))
        {
            var count = Number(detail, "failed-session-count");
            told += count;
            var reason = Text(detail, "failure-reason-code");
            yield return new AggregateRow(
                Text(detail, "receiving-mx-hostname"), $"{kind}: {Text(detail, "result-type") ?? "failed"}" + (reason is null ? string.Empty : $" ({reason})"), count, false);
        }

        yield return new AggregateRow(null, $"{kind}: failed", Math.Max(0, Number(summary, "total-failure-session-count") - told), false);
    }

    // Some reporters name the domain in the id only: 2019-04-14T00:00:00Z_example.org.
    private static string? DomainIn(string id) => id.LastIndexOf('_') is > 0 and var at && DomainName.TryParse(id.AsSpan(at + 1), out var domain) ? domain.Ascii : null;

    private static JsonElement Child(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var child) ? child : default;

    private static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Take(MaxItems) : [];

    private static string? Text(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text.Length > 255 ? text[..255] : text : null;

    private static long Number(JsonElement parent, string name) =>
        Child(parent, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= 0 ? number : 0;

    private static DateTimeOffset Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : DateTimeOffset.UnixEpoch;
}

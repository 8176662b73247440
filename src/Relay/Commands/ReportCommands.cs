using System.Text.Json;

namespace Relay;

/// <summary><c>relay report …</c>: aggregate reports that came in, DMARC about our domains and TLS about our doors.</summary>
internal static class ReportCommands
{
    public static readonly IReadOnlyList<OptionSpec> ListOptions =
    [
        new("domain", "DOMAIN", "about this domain only"),
        new("kind", "KIND", "dmarc or tls"),
        OperatorCommands.Limit,
    ];

    public static async Task<int> ListAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var list = new ListPages("admin/v1/reports" + context.Query("domain", "kind"))
        {
            Cursor = "before",
            AtMost = ListPages.LimitOf(context, 50),
            Columns =
            [
                ListColumn.Number("Id", "id"), ListColumn.Time("Begins", "begins"), ListColumn.Of("Kind", "kind"), ListColumn.Of("Domain", "domain"), ListColumn.Of("From", "reporter"),
                ListColumn.Number("Passed", "passed"), ListColumn.Number("Of", "total"),
            ],
            WhenEmpty = "no reports came in; they need the rua address of the domain's DMARC or TLS-RPT record to end here",
        };
        return await list.WriteAsync(context, client, Line, cancellationToken);
    }

    public static async Task<int> ShowAsync(CommandContext context, CancellationToken cancellationToken)
    {
        await using var client = await AdminClient.OpenAsync(context, cancellationToken);
        var report = await client.GetAsync("admin/v1/reports/" + Uri.EscapeDataString(context.Invocation.Arguments[0]), cancellationToken);
        await context.Out.WriteLineAsync(report.GetRawText());
        return ExitCodes.Ok;
    }

    private static string Line(JsonElement report) =>
        $"{report.Text("id"),6} {report.Time("begins")} {report.Text("kind"),-5} {report.Text("domain"),-28} from {report.Text("reporter")}: {report.Text("passed")} of {report.Text("total")} passed";
}

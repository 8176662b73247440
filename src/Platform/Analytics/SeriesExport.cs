using System.Text;
using Relay.Platform.Jobs;

namespace Relay.Platform.Analytics;

/// <summary>Writes counts over time into a file: a row for each hour or day and group.</summary>
internal sealed class SeriesExport(SeriesReader reader) : IJobKind
{
    public const string KindName = "series";

    public string Name => KindName;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        // Whose counts they are is the job's matter, whatever the request says.
        var query = context.Request<CountQuery>() with { AccountId = context.Job.AccountId };
        await using var file = context.CreateFile($"series-{query.From:yyyyMMdd}-{query.To:yyyyMMdd}.csv", "text/csv; charset=utf-8");
        var csv = new CsvWriter(file);
        await csv.WriteAsync(["time", "group", .. Counts.All.Select(counter => Column(counter.ToString()))], cancellationToken);
        var written = 0L;
        foreach (var (group, points) in await reader.SeriesAsync(query, cancellationToken))
        {
            foreach (var point in points)
            {
                await csv.WriteAsync([ApiTime.Write(point.At!.Value), group, .. Counts.All.Select(counter => (object)point.Counts[counter])], cancellationToken);
                written++;
            }
        }

        await context.ReportAsync(100, written, cancellationToken);
    }

    // BouncedHard → bounced_hard.
    private static string Column(string name)
    {
        var column = new StringBuilder();
        foreach (var letter in name)
        {
            column.Append(char.IsUpper(letter) && column.Length > 0 ? "_" : string.Empty).Append(char.ToLowerInvariant(letter));
        }

        return column.ToString();
    }
}

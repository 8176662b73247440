using Relay.Platform.Jobs;
using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>Writes the events of a period into a file, oldest first.</summary>
internal sealed class EventExport(IAccountEvents events) : IJobKind
{
    public const string KindName = "events";

    /// <summary>A file is not larger than this.</summary>
    internal const long MaxOctets = 1L << 30;

    private const int PageSize = 1_000;

    private static readonly string[] Header =
    [
        "time", "event", "email_id", "recipient", "class", "reply_code", "enhanced_code", "text", "remote_host", "attempt", "url", "user_agent", "client_address", "is_machine",
    ];

    public string Name => KindName;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var request = context.Request<EventExportRequest>();
        var name = $"events-{request.From:yyyyMMdd}-{request.To:yyyyMMdd}.csv";
        await using var file = context.CreateFile(name, "text/csv; charset=utf-8");
        var csv = new CsvWriter(file);
        await csv.WriteAsync(Header, cancellationToken);
        (DateTimeOffset, long)? after = null;
        var written = 0L;
        while (await events.ReadAsync(context.Job.AccountId, request.From, request.To, request.Kinds, after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var deliveryEvent in page)
            {
                await csv.WriteAsync(Row(deliveryEvent), cancellationToken);
            }

            written += page.Count;
            after = (page[^1].At, page[^1].Sequence);
            if (csv.Octets > MaxOctets)
            {
                throw new JobFailedException("the file would be larger than 1 GiB: choose a shorter period");
            }

            await context.ReportAsync(100 * (page[^1].At - request.From) / (request.To - request.From), written, cancellationToken);
        }

        await context.ReportAsync(100, written, cancellationToken);
    }

    private static object?[] Row(DeliveryEvent deliveryEvent) =>
    [
        ApiTime.Write(deliveryEvent.At),
        deliveryEvent.Kind.ToString().ToLowerInvariant(),
        deliveryEvent.MessageId.ToString(),
        deliveryEvent.Recipient,
        deliveryEvent.Class,
        deliveryEvent.ReplyCode,
        deliveryEvent.EnhancedCode,
        deliveryEvent.Text,
        deliveryEvent.RemoteHost,
        deliveryEvent.Attempt,
        deliveryEvent.Url,
        deliveryEvent.UserAgent,
        deliveryEvent.ClientAddress,
        deliveryEvent.IsMachine is { } isMachine ? (isMachine ? "true" : "false") : null,
    ];
}

/// <summary>What an <see cref="EventExport"/> is asked for; stored.</summary>
internal sealed record EventExportRequest(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<DeliveryEventKind> Kinds);

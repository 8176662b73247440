using Relay.Platform.Analytics;
using Relay.Platform.Jobs;

namespace Relay.Platform.Contacts;

/// <summary>Writes the contacts of a book into a file that can be imported again.</summary>
internal sealed class ContactExport(IContactStore store) : IJobKind
{
    public const string KindName = "contact-export";

    private const int PageSize = 1_000;
    private const int MaxProperties = 200;

    private static readonly string[] Fixed = ["email", "firstName", "lastName", "subscribed", "tags"];
    private static readonly string[] Facts = ["status", "unsubscribeReason", "createdAt", "subscribedAt", "unsubscribedAt", "id"];

    public string Name => KindName;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var request = context.Request<ExportRequest>();
        var accountId = context.Job.AccountId;
        var names = await store.PropertyNamesAsync(accountId, request.BookId, MaxProperties + 1, cancellationToken);
        if (names.Count > MaxProperties)
        {
            throw new JobFailedException($"the contacts have more than {MaxProperties} different properties: a file has one column for each");
        }

        var total = await store.CountAsync(accountId, request.BookId, request.Filter, cancellationToken);
        await using var file = context.CreateFile(request.FileName, "text/csv; charset=utf-8");
        var csv = new CsvWriter(file);
        await csv.WriteAsync(Fixed.Concat(names.Select(name => ImportRequest.PropertyPrefix + name)).Concat(Facts), cancellationToken);
        var (after, written) = (0L, 0L);
        while (await store.ReadPageAsync(accountId, request.BookId, request.Filter, after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var contact in page)
            {
                await csv.WriteAsync(Row(contact, names), cancellationToken);
            }

            written += page.Count;
            after = page[^1].Id;
            await context.ReportAsync(100.0 * written / Math.Max(1, total), written, cancellationToken);
        }

        context.Processed = written;
    }

    private static IEnumerable<object?> Row(Contact contact, IReadOnlyList<string> names) =>
    [
        contact.Address.ToString(),
        contact.FirstName,
        contact.LastName,
        contact.State == ContactState.Pending ? "pending" : contact.IsSubscribed ? "true" : "false",
        string.Join('|', contact.Tags),
        .. names.Select(name => (object?)contact.Properties.GetValueOrDefault(name)),
        contact.State.Name(),
        contact.Reason?.Name(),
        ApiJson.Time(contact.CreatedAt),
        contact.SubscribedAt is { } subscribed ? ApiJson.Time(subscribed) : null,
        contact.UnsubscribedAt is { } unsubscribed ? ApiJson.Time(unsubscribed) : null,
        contact.Uid.ToString("D"),
    ];
}

/// <summary>What a <see cref="ContactExport"/> is asked for; stored with its job.</summary>
internal sealed record ExportRequest(long BookId, string FileName, ContactFilter Filter);

using System.Globalization;
using Relay.Platform.Analytics;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>The columns of the suppression list as a CSV file, and the way out.</summary>
internal static class SuppressionFile
{
    public const string Address = "address";
    public const string Scope = "scope";
    public const string Reason = "reason";
    public const string Detail = "detail";
    public const string CreatedAt = "created_at";
    public const string ExpiresAt = "expires_at";

    private const int PageSize = 1000;

    public static async Task WriteAsync(ISuppressionStore store, long accountId, Stream stream, CancellationToken cancellationToken)
    {
        await using var buffered = new BufferedStream(stream, 64 * 1024);
        var csv = new CsvWriter(buffered);
        await csv.WriteAsync([Address, Scope, Reason, Detail, "evidence", "message_id", CreatedAt, ExpiresAt], cancellationToken);
        IReadOnlyList<Suppression> page;
        var listing = new SuppressionListing(accountId) { Limit = PageSize };
        do
        {
            page = await store.ListAsync(listing, cancellationToken);
            foreach (var entry in page)
            {
                await csv.WriteAsync(
                    [entry.Address, entry.Scope.ToString(), Words.Of(entry.Reason), entry.Detail, entry.Evidence, entry.MessageId?.ToString(), Time(entry.CreatedAt), Time(entry.ExpiresAt)],
                    cancellationToken);
            }

            listing = page.Count == 0 ? listing : listing with { After = page[^1].Address, AfterScope = page[^1].Scope };
        }
        while (page.Count == PageSize);
        await buffered.FlushAsync(cancellationToken);
    }

    private static string? Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

using System.Text.Json;
using Relay.Platform.Jobs;

namespace Relay.Platform.Privacy;

/// <summary>Writes everything known of an address into a JSON file, entry by entry.</summary>
internal sealed class AddressExportJob(PrivacyService privacy, IEnumerable<IErasable> stores, TimeProvider time) : IJobKind
{
    public const string KindName = "address-export";

    /// <summary>A file is not larger than this.</summary>
    private const long MaxOctets = 1L << 30;

    private const int FlushOctets = 64 * 1024;

    public string Name => KindName;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var erasure = privacy.Read(context);
        await using var file = context.CreateFile($"address-{erasure.Hash[..8]}.json", "application/json");
        await using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = ApiJson.Options.Encoder });
        json.WriteStartObject();
        json.WriteString("address", erasure.Key);
        json.WriteString("at", ApiJson.Time(time.GetUtcNow()));
        json.WriteStartArray("entries");
        var written = 0L;
        foreach (var store in stores)
        {
            await foreach (var entry in store.ExportAsync(erasure, cancellationToken))
            {
                entry.WriteTo(json);
                await context.ReportAsync(50, ++written, cancellationToken);
                if (json.BytesPending > FlushOctets)
                {
                    await json.FlushAsync(cancellationToken);
                }

                if (json.BytesCommitted > MaxOctets)
                {
                    throw new JobFailedException("the file would be larger than 1 GiB");
                }
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Relay.Bench.Load;

/// <summary>Octets that a process of ours has allocated since its start, as its metrics say.</summary>
internal static class AllocationMetric
{
    private const string Name = "relay_process_allocated_bytes_total ";

    public static async Task<long> ReadAsync(IPEndPoint metrics, string? token)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        var text = await client.GetStringAsync(new Uri($"http://{metrics}/metrics"));
        var line = text.Split('\n').First(line => line.StartsWith(Name, StringComparison.Ordinal));
        return (long)double.Parse(line[Name.Length..], CultureInfo.InvariantCulture);
    }
}

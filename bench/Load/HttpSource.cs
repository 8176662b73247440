using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Relay.Bench.Load;

/// <summary>Hands messages in by HTTP: one request at a time per connection, each with one e-mail or a batch.</summary>
internal sealed class HttpSource : IDisposable
{
    private static readonly Uri Single = new("api/v1/emails", UriKind.Relative);
    private static readonly Uri Batch = new("api/v1/emails/batch", UriKind.Relative);

    private readonly HttpClient _client;
    private readonly string _text;

    public HttpSource(IPEndPoint server, string key, int sizeBytes, int connections)
    {
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections, UseProxy = false }) { BaseAddress = new Uri($"http://{server}/") };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _text = string.Concat(Enumerable.Repeat("The quick brown fox jumps over the lazy dog, as it does every day here. \\n", 1 + (sizeBytes / 72)))[..sizeBytes];
    }

    /// <summary>E-mails accepted and refused until the count is reached or the time is over.</summary>
    public async Task<(int Accepted, int Refused)> FloodAsync(int connections, int count, int perRequest, TimeSpan atMost)
    {
        var start = Stopwatch.GetTimestamp();
        var left = count;
        var accepted = 0;
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            for (int number; (number = Interlocked.Add(ref left, -perRequest)) >= 0 && Stopwatch.GetElapsedTime(start) < atMost;)
            {
                if (await SendAsync(number, perRequest))
                {
                    Interlocked.Add(ref accepted, perRequest);
                }
                else
                {
                    Interlocked.Add(ref refused, perRequest);
                }
            }
        })));
        return (accepted, refused);
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> SendAsync(int number, int perRequest)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(perRequest == 1 ? Email(number) : Several(number, perRequest)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await _client.PostAsync(perRequest == 1 ? Single : Batch, content);
        await answer.Content.ReadAsByteArrayAsync();
        return answer.StatusCode == HttpStatusCode.OK;
    }

    private string Several(int number, int count) => "[" + string.Join(',', Enumerable.Range(number, count).Select(Email)) + "]";

    private string Email(int number) =>
        $$"""{"from":"Bench <sender@example.com>","to":"user{{number}}@{{Zone.DomainOf(number)}}","subject":"Bench {{number}}","text":"{{_text}}"}""";
}

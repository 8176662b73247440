using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The operator's HTTP door of a running server.</summary>
public sealed class AdminApiTests : IAsyncLifetime
{
    private RelayProcess Relay { get; } = new() { ServeOptions = ["--sandbox"] };

    public async Task InitializeAsync()
    {
        Relay.Configure();
        await Relay.StartAsync();
    }

    public Task DisposeAsync() => Relay.DisposeAsync().AsTask();

    [Fact]
    public async Task The_sandbox_keeps_mail_readable()
    {
        await SmtpTalk.SubmitAsync(
            Relay.SmtpPort, "a@example.com", ["b@example.net"],
            "From: Ann <a@example.com>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=C3=B6n\r\n"u8.ToArray());

        var entry = await Relay.ReachesAsync("b@example.net", "captured");
        var content = await Relay.GetAsync($"/admin/v1/messages/{entry.Word("messageId")}/content");
        Assert.Equal("Grüße", entry.Word("subject"));
        Assert.Equal("Schön\n", content.Word("text")!.ReplaceLineEndings("\n"));
        Assert.Contains(content.GetProperty("headers").EnumerateArray(), h => h.Word("name") == "Received");
        Assert.StartsWith("Received: from client.example.com", Encoding.ASCII.GetString(await Relay.RawAsync(entry)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/v1/status")]
    [InlineData("/admin/v1/queue")]
    [InlineData("/admin/v1/nothing")]
    [InlineData("/metrics")]
    public async Task Nothing_is_told_without_a_token(string path)
    {
        using var client = new HttpClient();
        using var without = await client.GetAsync(Url(path));
        using var request = new HttpRequestMessage(HttpMethod.Get, Url(path));
        request.Headers.Authorization = new("Bearer", "guessed");
        using var guessed = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, guessed.StatusCode);
        Assert.DoesNotContain("guessed", await guessed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_needs_no_token()
    {
        using var client = new HttpClient();

        Assert.Contains("\"live\"", await client.GetStringAsync(Url("/health/live")), StringComparison.Ordinal);
        Assert.Contains("\"ready\"", await client.GetStringAsync(Url("/health/ready")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_prometheus_text_and_count_what_happened()
    {
        await SmtpTalk.SubmitAsync(Relay.SmtpPort, "a@example.com", ["b@example.net"], "From: a@example.com\r\nSubject: counted\r\n\r\nx\r\n"u8.ToArray());
        await Relay.ReachesAsync("b@example.net", "captured");

        var lines = (await Relay.GetTextAsync("/metrics")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        var sample = new Regex("^[a-zA-Z_:][a-zA-Z0-9_:]*(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\.)*\",?)*\\})? [-+0-9.eEInfNa]+$");
        Assert.All(lines.Where(line => line[0] != '#'), line => Assert.Matches(sample, line));
        var described = lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();
        Assert.Equal(described.Count, described.Distinct().Count());
        Assert.Contains(lines, line => line.StartsWith("relay_", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_openapi_document_lists_the_paths()
    {
        using var client = new HttpClient();

        var document = JsonDocument.Parse(await client.GetStringAsync(Url("/admin/v1/openapi.json"))).RootElement;

        var paths = document.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToList();
        Assert.All(
            (string[])["/admin/v1/status", "/admin/v1/queue", "/admin/v1/queue/retry", "/admin/v1/messages/{id}", "/admin/v1/events", "/admin/v1/suppressions", "/admin/v1/users", "/health/ready"],
            path => Assert.Contains(path, paths));
    }

    [Fact]
    public async Task The_page_is_served_and_names_no_foreign_host()
    {
        using var client = new HttpClient();

        var page = await client.GetStringAsync(Url("/"));

        Assert.Contains("<title>", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch("(src|href)=\"https?://", page);
    }

    private Uri Url(string path) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Relay.AdminPort}{path}"));
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Tracking;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Real mail over SMTP, its counts over the API, and recipients at the public listener, all of the running program.</summary>
public sealed partial class TrackingTests : IAsyncLifetime
{
    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private static readonly byte[] Content = "From: App <app@shop.example.com>\r\nSubject: counted\r\n\r\nHello\r\n"u8.ToArray();

    private readonly RelayProcess _relay = new();
    private readonly int _apiPort = LoopbackPorts.Free();
    private readonly int _publicPort = LoopbackPorts.Free();
    private readonly HttpClient _api = new();
    private readonly HttpClient _public = new(new HttpClientHandler { AllowAutoRedirect = false });

    public async Task InitializeAsync()
    {
        _relay.Configure(string.Create(
            CultureInfo.InvariantCulture,
            $"""

            [api]
            endpoint = "127.0.0.1:{_apiPort}"

            [public]
            endpoint = "127.0.0.1:{_publicPort}"
            public_url = "http://127.0.0.1:{_publicPort}"

            """));
        var (exitCode, key) = await _relay.RunAsync("key", "create", "--name", "dashboard", "--scope", "full");
        Assert.True(exitCode == 0, key);
        await _relay.StartAsync();
        _api.BaseAddress = new Uri($"http://127.0.0.1:{_apiPort}");
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        _public.BaseAddress = new Uri($"http://127.0.0.1:{_publicPort}");
        _public.DefaultRequestHeaders.UserAgent.ParseAdd(Browser);
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        _public.Dispose();
        await _relay.DisposeAsync();
    }

    [Fact]
    public async Task Mail_over_smtp_is_counted_and_exported()
    {
        await SendAsync("delivered@simulator.relay.test");
        await SendAsync("bounce@simulator.relay.test");
        await Poll.UntilAsync("both are counted with what became of them", async () =>
        {
            var counts = (await TotalsAsync("?domain=shop.example.com")).GetProperty("counts");
            return (counts.GetProperty("sent").GetInt64(), counts.GetProperty("delivered").GetInt64(), counts.GetProperty("bounced").GetInt64()) == (2, 1, 1);
        });

        var reputation = await _api.GetFromJsonAsync<JsonElement>("/api/v1/analytics/reputation-metrics");
        Assert.Equal(1, reputation.GetProperty("delivered").GetInt64());

        using var created = await _api.PostAsJsonAsync("/api/v1/exports", new { kind = "events", from = "2020-01-01" });
        Assert.Equal(HttpStatusCode.Accepted, created.StatusCode);
        var job = created.Headers.Location!.OriginalString;
        await Poll.UntilAsync("the export is there", async () =>
            (await _api.GetFromJsonAsync<JsonElement>(job)).GetProperty("status").GetString() == "succeeded");
        var file = await _api.GetStringAsync(job + "/file");
        Assert.Contains(",delivered@simulator.relay.test,", file, StringComparison.Ordinal);
        Assert.Contains(",bounce@simulator.relay.test,", file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recipients_are_led_on_and_their_visits_are_counted()
    {
        var (link, pixel) = Addresses();
        using (var click = await _public.GetAsync(link))
        {
            Assert.Equal(HttpStatusCode.Redirect, click.StatusCode);
            Assert.Equal("https://example.com/offer?a=1&b=2", click.Headers.Location?.OriginalString);
        }

        using (var open = await _public.GetAsync(pixel))
        {
            Assert.Equal("image/gif", open.Content.Headers.ContentType?.MediaType);
        }

        using (var robot = new HttpRequestMessage(HttpMethod.Get, pixel))
        {
            robot.Headers.UserAgent.ParseAdd("curl/8.0");
            (await _public.SendAsync(robot)).Dispose();
        }

        await Poll.UntilAsync("the visits are counted, the robot's aside", async () =>
        {
            var counts = (await TotalsAsync("")).GetProperty("counts");
            return ((string[])["opened", "openedHuman", "openedUnique", "clickedUnique"]).Select(name => counts.GetProperty(name).GetInt64()).SequenceEqual([2, 1, 1, 1]);
        });
    }

    [Fact]
    public async Task The_public_listener_serves_nothing_else()
    {
        foreach (var path in new[] { "/", "/health/ready", "/metrics", "/admin/v1/status", "/api/v1/analytics/totals", "/t/forged", "/o/forged.gif" })
        {
            using var answer = await _public.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
            Assert.Equal("There is nothing here.\n", await answer.Content.ReadAsStringAsync());
        }

        using var elsewhere = await _api.GetAsync(Addresses().Link.PathAndQuery);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    private async Task SendAsync(string recipient)
    {
        var (talk, _) = await SmtpTalk.OpenAsync(_relay.SmtpPort);
        await using (talk)
        {
            await talk.SendMailAsync("app@shop.example.com", [recipient], Content);
        }
    }

    private Task<JsonElement> TotalsAsync(string query) => _api.GetFromJsonAsync<JsonElement>("/api/v1/analytics/totals" + query);

    // What the program itself puts into HTML, with its own key ring; the message was accepted an hour ago.
    private (Uri Link, Uri Pixel) Addresses()
    {
        using var services = new ServiceCollection()
            .AddSingleton(KeyRing.LoadOrCreate(Path.Combine(_relay.DataFolder, "master.key")))
            .AddSingleton(new PlatformOptions { Hostname = "relay.example.com", PublicUrl = _public.BaseAddress })
            .AddTracking()
            .BuildServiceProvider();
        var html = services.GetRequiredService<ILinkTracker>().Track(
            """<a href="https://example.com/offer?a=1&amp;b=2">offer</a>""",
            new TrackingTarget
            {
                AccountId = 1,
                MessageId = QueueId.New(TimeProvider.System.GetUtcNow().AddHours(-1)),
                Recipient = Mailbox.Parse("person@example.net"),
                Choice = new TrackingChoice(Opens: true, Clicks: true),
            });
        var found = Address().Matches(html);
        return (new Uri(found[0].Groups[1].Value), new Uri(found[^1].Groups[1].Value));
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]+)\"")]
    private static partial Regex Address();
}

using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Relay.Dkim;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Domains and keys of a running relay, with a real DNS server: from the creation to a signed mail.</summary>
public sealed class DomainsTests : IAsyncLifetime
{
    private readonly int _apiPort = LoopbackPorts.Free();

    private RelayProcess Relay { get; } = new();

    private MailWorld World { get; } = new();

    private SmtpSink Sink { get; } = SmtpSink.Start(new SmtpSinkOptions { Address = IPAddress.Parse("127.0.42.1") });

    private HttpClient Api { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public async Task InitializeAsync()
    {
        World.Domain("receiver.test", "127.0.42.1");
        Relay.Configure(
            string.Create(CultureInfo.InvariantCulture, $"[api]\nendpoint = \"127.0.0.1:{_apiPort}\"\n"), dnsPort: World.DnsPort, deliveryPort: Sink.Port);
        var key = await DoesAsync("key", "create", "--name", "app", "--scope", "full");
        Api.BaseAddress = new Uri($"http://127.0.0.1:{_apiPort}/api/v1/");
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        await Relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        Api.Dispose();
        await Relay.DisposeAsync();
        await Sink.DisposeAsync();
        await World.DisposeAsync();
    }

    [PeerFact("dnsmasq")]
    public async Task A_domain_is_created_published_verified_and_signs_mail_until_it_is_deleted()
    {
        var domain = await CallAsync("POST", "domains", new { name = "sender.test", region = "eu" });
        var path = $"domains/{domain.GetProperty("id")}";

        // Nobody answers for the DNS yet: no verdict.
        Assert.Equal("TEMPORARY_FAILURE", (await VerifyAsync(path)).Word("status"));
        Assert.Equal(0, await ActiveKeysAsync());

        foreach (var record in domain.GetProperty("dnsRecords").EnumerateArray())
        {
            var (name, value) = (record.Word("name")!, record.Word("value")!);
            _ = record.Word("type") == "MX" ? World.Exchange(name, value) : World.Text(name, value);
        }

        await World.StartAsync();
        var verified = await VerifyAsync(path);
        Assert.True(verified.Word("status") == "SUCCESS", verified.ToString());
        Assert.All(verified.GetProperty("dnsRecords").EnumerateArray(), record => Assert.Equal("SUCCESS", record.Word("status")));
        Assert.Equal("success", JsonDocument.Parse(await DoesAsync("domain", "list", "--json")).RootElement.GetProperty("entries")[0].Word("status"));

        var results = await SignaturesAsync(domain);
        Assert.Equal([DkimOutcome.Pass, DkimOutcome.Pass], results.Select(result => result.Outcome));
        Assert.Equal(["ed25519-sha256", "rsa-sha256"], results.Select(result => result.Algorithm).Order(StringComparer.Ordinal));
        Assert.All(results, result => Assert.Equal("sender.test", result.Domain));

        var removed = await CallAsync("DELETE", path);
        Assert.True(removed.GetProperty("success").GetBoolean());
        Assert.Equal(0, await ActiveKeysAsync());
        Assert.Contains("retiring", await DoesAsync("dkim", "list", "sender.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_api_key_is_an_smtp_password_within_its_restrictions()
    {
        var sender = (await DoesAsync("key", "create", "--name", "narrow", "--scope", "send", "--domain", "example.com", "--domain", "example.org")).Trim();
        var reader = (await DoesAsync("key", "create", "--name", "reader", "--scope", "read")).Trim();
        var elsewhere = (await DoesAsync("key", "create", "--name", "elsewhere", "--scope", "full", "--network", "192.0.2.0/24")).Trim();

        await LogInAsync(reader, "535");
        await LogInAsync(elsewhere, "535");
        await using var talk = await LogInAsync(sender, "235");
        await talk.SayAsync("MAIL FROM:<a@example.net>", "553");
        await talk.SayAsync("MAIL FROM:<>", "553");
        await talk.SayAsync("MAIL FROM:<a@example.org>", "250");

        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", elsewhere);
        using var refused = await Api.GetAsync(new Uri("domains", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_suspended_account_gets_in_nowhere_and_limits_hold_over_a_restart()
    {
        await DoesAsync("account", "add", "shop");
        var key = (await DoesAsync("key", "create", "--name", "app", "--scope", "full", "--account", "shop")).Trim();
        Api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        Assert.Equal(JsonValueKind.Array, (await CallAsync("GET", "domains")).ValueKind);
        await DoesAsync("account", "limit", "shop", "--requests-per-second", "1");
        await DoesAsync("account", "suspend", "shop");

        using var refused = await Api.GetAsync(new Uri("domains", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await LogInAsync(key, "535 5.7.13");
        await DoesAsync("account", "resume", "shop");
        await Relay.StopAsync();
        await Relay.StartAsync();
        using var welcome = await Api.GetAsync(new Uri("domains", UriKind.Relative));
        Assert.Equal("\"key\";q=50;w=1, \"account\";q=1;w=1", Assert.Single(welcome.Headers.GetValues("RateLimit-Policy")));
    }

    private async Task<SmtpTalk> LogInAsync(string key, string expected)
    {
        var (talk, _) = await SmtpTalk.OpenAsync(Relay.SmtpPort);
        await talk.StartTlsAsync();
        await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.ASCII.GetBytes("\0apikey\0" + key)), expected);
        return talk;
    }

    private async Task<JsonElement> VerifyAsync(string path)
    {
        Assert.NotNull((await CallAsync("PUT", path + "/verify", new { })).Word("message"));
        JsonElement domain = default;
        await Poll.UntilAsync(
            "the check ends",
            async () =>
            {
                domain = await CallAsync("GET", path);
                return !domain.GetProperty("isVerifying").GetBoolean();
            },
            TimeSpan.FromSeconds(120));
        return domain;
    }

    /// <summary>Sends a mail and verifies its signatures against the records that were to be published.</summary>
    private async Task<IReadOnlyList<DkimResult>> SignaturesAsync(JsonElement domain)
    {
        await SmtpTalk.SubmitAsync(
            Relay.SmtpPort, "app@sender.test", ["somebody@receiver.test"], "From: app@sender.test\r\nSubject: signed\r\n\r\nHello\r\n"u8.ToArray());
        var content = (await Sink.NextMessageAsync(TimeSpan.FromSeconds(60))).Content;
        var end = content.AsSpan().IndexOf("\r\n\r\n"u8) + 2;
        var lookup = new Published(domain.GetProperty("dnsRecords").EnumerateArray().ToLookup(record => record.Word("name")!, record => record.Word("value")!));
        return await new DkimVerifier(lookup, TimeProvider.System).VerifyAsync(content.AsMemory(0, end), new MemoryStream(content, end + 2, content.Length - end - 2), CancellationToken.None);
    }

    private async Task<int> ActiveKeysAsync()
    {
        var keys = JsonDocument.Parse(await DoesAsync("dkim", "list", "sender.test", "--json")).RootElement.GetProperty("entries");
        return keys.EnumerateArray().Count(key => key.Word("state") == "active");
    }

    private async Task<JsonElement> CallAsync(string method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await Api.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<string> DoesAsync(params string[] arguments)
    {
        var (exitCode, output) = await Relay.RunAsync(arguments);
        Assert.True(exitCode == 0, output);
        return output;
    }

    private sealed class Published(ILookup<string, string> records) : IDkimKeyLookup
    {
        public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) =>
            ValueTask.FromResult(records.Contains(name) ? DkimKeyAnswer.Found([.. records[name]]) : DkimKeyAnswer.None);
    }
}

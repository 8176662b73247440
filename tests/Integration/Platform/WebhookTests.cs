using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Mail that comes by SMTP is told to an application over HTTP, which verifies it with programs that are not ours.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private static readonly string Scripts = Path.Combine(TestData.Root, "tests", "Integration", "Platform");

    private readonly RelayProcess _relay = new() { ServeOptions = ["--sandbox"] };
    private readonly int _apiPort = LoopbackPorts.Free();
    private readonly HttpClient _api = new() { Timeout = TimeSpan.FromSeconds(60) };

    private WebhookReceiver Receiver { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Receiver = await WebhookReceiver.StartAsync();
        _relay.Configure(string.Create(CultureInfo.InvariantCulture, $"[api]\nendpoint = \"127.0.0.1:{_apiPort}\"\nplain_webhooks = true\n"));
        var (exitCode, key) = await _relay.RunAsync("key", "create", "--name", "app", "--scope", "full");
        Assert.True(exitCode == 0, key);
        _api.BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_apiPort}/api/v1/"));
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        await _relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _relay.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    [Fact]
    public async Task Mail_by_smtp_is_told_signed_logged_and_told_again_when_asked()
    {
        var hook = await AddAsync(new { url = Receiver.Url("/in"), name = "app", headers = new Dictionary<string, string> { ["X-Key"] = "k3y" } });
        var id = hook.Word("id");
        await SubmitAsync("b@example.net");

        await Receiver.GetsAsync("email.queued");
        var sent = await Receiver.GetsAsync("email.sent");
        Assert.Equal("/in", sent.Path);
        Assert.Equal("k3y", sent.Headers["X-Key"]);
        Assert.StartsWith("application/json", sent.Headers["Content-Type"], StringComparison.Ordinal);
        var data = JsonDocument.Parse(sent.Body).RootElement.GetProperty("data");
        Assert.Equal("b@example.net", data.GetProperty("to")[0].GetString());
        Assert.Equal("told", data.Word("subject"));
        Assert.Equal("SENT", data.Word("status"));
        Assert.Equal("valid", await StandardAsync(hook.Word("secret")!, sent));

        JsonElement delivery = default;
        await Poll.UntilAsync("the log shows success", async () =>
        {
            var page = await GetAsync($"webhooks/{id}/deliveries?type=email.sent&status=succeeded");
            delivery = page.GetProperty("data").EnumerateArray().FirstOrDefault();
            return delivery.ValueKind == JsonValueKind.Object;
        });
        var details = await GetAsync($"webhooks/{id}/deliveries/{delivery.Word("id")}");
        Assert.Equal(sent.Headers["webhook-id"], details.Word("eventId"));
        Assert.Equal(sent.Headers["webhook-signature"], details.GetProperty("request").GetProperty("headers").Word("webhook-signature"));
        Assert.Equal("********", details.GetProperty("request").GetProperty("headers").Word("X-Key"));
        Assert.Equal(4096, details.GetProperty("response").Word("body")!.Length);

        Assert.Equal(1, (await PostAsync($"webhooks/{id}/deliveries/{delivery.Word("id")}/replay")).GetProperty("replayed").GetInt32());
        var again = await Receiver.GetsAsync("email.sent", count: 2);
        Assert.Equal(sent.Headers["webhook-id"], again.Headers["webhook-id"]);
        Assert.Equal(sent.Body, again.Body);

        var rotated = await PostAsync($"webhooks/{id}/rotate-secret");
        var tested = await PostAsync($"webhooks/{id}/test");
        Assert.Equal("succeeded", tested.Word("status"));
        var test = await Receiver.GetsAsync("webhook.test");
        Assert.Equal("valid", await StandardAsync(hook.Word("secret")!, test));
        Assert.Equal("valid", await StandardAsync(rotated.Word("secret")!, test));
        Assert.DoesNotContain("secret", (await GetAsync($"webhooks/{id}")).EnumerateObject().Select(member => member.Name));
        Assert.Contains("relay_webhook_deliveries", await _relay.GetTextAsync("/metrics"), StringComparison.Ordinal);
    }

    [ClientLibraryFact]
    public async Task The_client_library_takes_our_calls_for_genuine()
    {
        var hook = await AddAsync(new { url = Receiver.Url(), events = new[] { "email.sent" } });
        await SubmitAsync("c@example.net");
        var sent = await Receiver.GetsAsync("email.sent");

        var output = await PipeAsync(
            "node", sent.Body, Path.Combine(Scripts, "webhook.mjs"), ClientLibraryFactAttribute.Module!, hook.Word("secret")!, JsonSerializer.Serialize(sent.Headers));

        Assert.Equal("email.sent c@example.net tampering is seen", output);
    }

    [Fact]
    public async Task What_was_not_delivered_when_the_server_was_killed_is_delivered_by_the_next_one()
    {
        Receiver.Answer = _ => -1;
        await AddAsync(new { url = Receiver.Url(), events = new[] { "email.queued" } });
        await SubmitAsync("d@example.net");
        var cut = await Receiver.GetsAsync("email.queued");
        await _relay.KillAsync();

        Receiver.Answer = _ => 200;
        await _relay.StartAsync();

        var again = await Receiver.GetsAsync("email.queued", count: 2);
        Assert.Equal(cut.Headers["webhook-id"], again.Headers["webhook-id"]);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_faults_have_the_shape_of_the_api()
    {
        Receiver.Answer = _ => 302;
        var hook = await AddAsync(new { url = Receiver.Url("/in") });
        var tested = await PostAsync($"webhooks/{hook.Word("id")}/test");

        Assert.Equal("failed", tested.Word("status"));
        Assert.Equal(302, tested.GetProperty("responseStatus").GetInt32());
        Assert.All(Receiver.Received, call => Assert.Equal("/in", call.Path));
        await RefusedAsync(HttpStatusCode.BadRequest, "BAD_REQUEST", _api.PostAsJsonAsync(Path_("webhooks"), new { url = "ftp://127.0.0.1/" }));
        await RefusedAsync(HttpStatusCode.BadRequest, "BAD_REQUEST", _api.PostAsync(Path_("webhooks"), new StringContent("{", Encoding.UTF8, "application/json")));
        await RefusedAsync(HttpStatusCode.NotFound, "NOT_FOUND", _api.GetAsync(Path_("webhooks/06dqn3kzq1wxhvy2kk3q9b7m4c")));
        await RefusedAsync(HttpStatusCode.BadRequest, "BAD_REQUEST", _api.GetAsync(Path_($"webhooks/{hook.Word("id")}/deliveries?status=odd")));
        using var deleted = await _api.DeleteAsync(Path_($"webhooks/{hook.Word("id")}"));
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(0, (await GetAsync("webhooks")).GetProperty("count").GetInt32());
        Assert.Contains("email.bounced", (await GetAsync("webhooks/event-types")).GetProperty("data").EnumerateArray().Select(type => type.Word("type")));
    }

    [Fact]
    public async Task A_key_that_may_only_read_changes_nothing()
    {
        var (_, key) = await _relay.RunAsync("key", "create", "--name", "reader", "--scope", "read");
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());

        await RefusedAsync(HttpStatusCode.Forbidden, "FORBIDDEN", _api.PostAsJsonAsync(Path_("webhooks"), new { url = Receiver.Url() }));
        Assert.Equal(0, (await GetAsync("webhooks")).GetProperty("count").GetInt32());
    }

    private static Uri Path_(string path) => new(path, UriKind.Relative);

    private static async Task RefusedAsync(HttpStatusCode status, string code, Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.Equal(status, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(code, body.GetProperty("error").Word("code"));
    }

    private Task<string> SubmitAsync(string recipient) => SmtpTalk.SubmitAsync(
        _relay.SmtpPort, "a@example.com", [recipient], "From: a@example.com\r\nSubject: told\r\n\r\nHello\r\n"u8.ToArray());

    private async Task<JsonElement> AddAsync(object webhook)
    {
        using var answer = await _api.PostAsJsonAsync(Path_("webhooks"), webhook);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private Task<JsonElement> GetAsync(string path) => _api.GetFromJsonAsync<JsonElement>(Path_(path));

    private async Task<JsonElement> PostAsync(string path)
    {
        using var answer = await _api.PostAsync(Path_(path), content: null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static Task<string> StandardAsync(string secret, ReceivedHook call) => PipeAsync(
        "python3", call.Body, Path.Combine(Scripts, "webhook.py"), secret, call.Headers["webhook-id"], call.Headers["webhook-timestamp"], call.Headers["webhook-signature"]);

    /// <summary>Runs a program with these bytes on its standard input and returns what it prints.</summary>
    private static async Task<string> PipeAsync(string program, byte[] input, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return (await output).Trim();
    }
}

using System.Buffers;
using System.Text;
using Relay.Platform;
using Relay.Platform.Webhooks;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What owners may ask for, from the request's JSON on.</summary>
public sealed class WebhookServiceTests : IAsyncLifetime
{
    private WebhookWorld World { get; set; } = null!;

    public async Task InitializeAsync() => World = await WebhookWorld.OpenAsync();

    public Task DisposeAsync() => World.DisposeAsync().AsTask();

    [Fact]
    public async Task A_new_webhook_shows_its_secret_once()
    {
        var (created, fault) = await CreateAsync("""
            {"url": "https://hooks.example.com/in", "name": "shop", "events": ["email.bounced", "email.sent"],
             "filters": {"domains": [7, "Example.COM"], "tags": ["a"], "stream": "transactional"},
             "headers": {"X-Key": "s3cret"}, "rateLimit": 10, "ratePeriod": "minute", "ordered": true, "unknown": 1}
            """);

        Assert.Null(fault);
        Assert.StartsWith("whsec_", created!.Secret, StringComparison.Ordinal);
        var shown = Assert.Single(await World.Service.ListAsync(1, default));
        Assert.Null(shown.Secret);
        Assert.Equal("shop", shown.Name);
        Assert.Equal(["email.bounced", "email.sent"], shown.Events);
        Assert.Equal([7L, "example.com"], shown.Filters.Domains);
        Assert.Equal("transactional", shown.Filters.Stream);
        Assert.Equal("********", shown.Headers["X-Key"]);
        Assert.Equal((10, "minute", true, "active"), (shown.RateLimit, shown.RatePeriod, shown.Ordered, shown.Status));
        var stored = Assert.Single(await World.Stores.Webhooks.ListAsync(default));
        Assert.Equal("s3cret", World.Secrets.OpenHeaders(stored)["X-Key"]);
        Assert.Equal("webhook.create", Assert.Single(await World.Audit.ListAsync(null, 10, default)).Action);
    }

    [Theory]
    [InlineData("""{}""", "url")]
    [InlineData("""{"url": null}""", "url")]
    [InlineData("""{"url": 5}""", "url")]
    [InlineData("""{"url": "hooks"}""", "url")]
    [InlineData("""{"url": "http://hooks.example.com/"}""", "url")]
    [InlineData("""{"url": "ftp://hooks.example.com/"}""", "url")]
    [InlineData("""{"url": "https://user:password@hooks.example.com/"}""", "url")]
    [InlineData("""{"url": "https://hooks.example.com/#part"}""", "url")]
    [InlineData("""{"url": "https://hooks.example.com/", "events": "email.sent"}""", "events")]
    [InlineData("""{"url": "https://hooks.example.com/", "events": ["email.sent", "email.sold"]}""", "events[1]")]
    [InlineData("""{"url": "https://hooks.example.com/", "filters": {"domains": [true]}}""", "filters.domains[0]")]
    [InlineData("""{"url": "https://hooks.example.com/", "filters": {"stream": "bulk"}}""", "filters.stream")]
    [InlineData("""{"url": "https://hooks.example.com/", "filters": {"tags": [1]}}""", "filters.tags[0]")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"Host": "x"}}""", "headers.Host")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"content-length": "1"}}""", "headers.content-length")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"Webhook-Signature": "v1,"}}""", "headers.Webhook-Signature")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"x-usesend-call": "v1,"}}""", "headers.x-usesend-call")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"Transfer-Encoding": "chunked"}}""", "headers.Transfer-Encoding")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"A B": "x"}}""", "headers.A B")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"X-A": "x\r\nX-B: y"}}""", "headers.X-A")]
    [InlineData("""{"url": "https://hooks.example.com/", "headers": {"X-A": "1", "x-a": "2"}}""", "headers.x-a")]
    [InlineData("""{"url": "https://hooks.example.com/", "status": "error"}""", "status")]
    [InlineData("""{"url": "https://hooks.example.com/", "rateLimit": 0}""", "rateLimit")]
    [InlineData("""{"url": "https://hooks.example.com/", "ratePeriod": "hour"}""", "ratePeriod")]
    [InlineData("""{"url": "https://hooks.example.com/", "ordered": "yes"}""", "ordered")]
    public async Task Every_bad_field_is_named_and_nothing_is_made(string body, string field)
    {
        var (created, fault) = await CreateAsync(body);

        Assert.Null(created);
        Assert.Equal(400, fault!.Status);
        Assert.StartsWith(field + ":", fault.Message, StringComparison.Ordinal);
        Assert.Empty(await World.Stores.Webhooks.ListAsync(default));
    }

    [Fact]
    public async Task Too_many_headers_are_refused()
    {
        var headers = string.Join(", ", Enumerable.Range(0, 21).Select(i => $"\"X-{i}\": \"v\""));

        var (_, fault) = await CreateAsync($$"""{"url": "https://hooks.example.com/", "headers": { {{headers}} } }""");

        Assert.StartsWith("headers:", fault!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:10.1.2.3]/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://10.20.30.40/")]
    [InlineData("https://192.168.1.1:8443/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://0/")]
    [InlineData("https://inside.example.com/")]
    [InlineData("https://half-inside.example.com/")]
    [InlineData("https://inside6.example.com/")]
    [InlineData("https://nowhere.example.com/")]
    public async Task A_url_that_leads_inside_or_nowhere_is_refused_at_once(string url)
    {
        World.Zone.Address("inside.example.com", "10.0.0.5").Address("half-inside.example.com", "192.0.2.8", "127.0.0.1").Address("inside6.example.com", "fd00::5");

        var (created, fault) = await CreateAsync($$"""{"url": "{{url}}"}""");
        var existing = await World.AddAsync();
        var (changed, second) = await World.Service.ChangeAsync(Caller(), existing, Fields($$"""{"url": "{{url}}"}"""), default);

        Assert.Null(created);
        Assert.Equal(400, fault!.Status);
        Assert.StartsWith("url:", fault.Message, StringComparison.Ordinal);
        Assert.Null(changed);
        Assert.StartsWith("url:", second!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_url_whose_name_dns_cannot_tell_for_now_is_taken()
    {
        World.Zone.Fails("later.example.com", Dns.DnsStatus.ServerFailure);

        var (created, _) = await CreateAsync("""{"url": "https://later.example.com/"}""");

        Assert.NotNull(created);
    }

    [Fact]
    public async Task Plain_http_is_taken_where_it_is_configured()
    {
        await using var world = await WebhookWorld.OpenAsync();
        var parser = new WebhookFieldsParser(new WebhookTargets(world.Zone, new Dns.TargetPolicy(false, []), world.Options with { AllowPlainWebhooks = true }));

        Assert.Equal("http://hooks.example.com/", Read(parser, """{"url": "http://hooks.example.com/"}""").Value!.Url!.AbsoluteUri);
    }

    [Fact]
    public async Task A_change_leaves_alone_what_it_does_not_name()
    {
        await CreateAsync("""{"url": "https://hooks.example.com/in", "name": "shop", "events": ["email.sent"], "headers": {"X-Key": "a"}}""");
        var webhook = Assert.Single(World.Registry.All());

        var (answer, _) = await World.Service.ChangeAsync(Caller(), webhook, Fields("""{"rateLimit": 3, "status": "inactive"}"""), default);
        var (cleared, _) = await World.Service.ChangeAsync(Caller(), webhook, Fields("""{"name": null, "events": [], "headers": {}}"""), default);

        Assert.Equal(("shop", "https://hooks.example.com/in", 3, "inactive"), (answer!.Name, answer.Url, answer.RateLimit, answer.Status));
        Assert.Equal(["email.sent"], answer.Events);
        Assert.Single(answer.Headers);
        Assert.Null(cleared!.Name);
        Assert.Empty(cleared.Events);
        Assert.Empty(cleared.Headers);
        Assert.Equal(3, cleared.RateLimit);
    }

    [Fact]
    public async Task A_rotation_shows_the_new_secret_and_until_when_the_old_one_signs()
    {
        var (created, _) = await CreateAsync("""{"url": "https://hooks.example.com/in"}""");
        var webhook = Assert.Single(World.Registry.All());

        var rotated = await World.Service.RotateSecretAsync(Caller(), webhook, default);

        Assert.NotEqual(created!.Secret, rotated!.Secret);
        Assert.Equal("2030-01-02T00:00:00.000Z", rotated.PreviousSecretUntil);
        Assert.Equal([rotated.Secret!, created.Secret!], World.Secrets.OpenSecrets(World.Current(webhook), World.Now));
    }

    [Fact]
    public async Task Another_account_sees_none_of_it()
    {
        var webhook = await World.AddAsync();

        Assert.NotNull(await World.Service.FindAsync(1, PublicId.Text(webhook.Uid), default));
        Assert.Null(await World.Service.FindAsync(2, PublicId.Text(webhook.Uid), default));
        Assert.Null(await World.Service.FindAsync(1, "nonsense", default));
        Assert.Empty(await World.Service.ListAsync(2, default));
    }

    [Fact]
    public async Task An_account_has_a_hundred_webhooks_at_most()
    {
        for (var i = 0; i < WebhookService.MaxPerAccount; i++)
        {
            await World.AddAsync();
        }

        var (_, fault) = await CreateAsync("""{"url": "https://hooks.example.com/in"}""");
        var (other, _) = await CreateAsync("""{"url": "https://hooks.example.com/in"}""", accountId: 2);

        Assert.Equal(409, fault!.Status);
        Assert.NotNull(other);
    }

    internal static ApiCaller Caller(long accountId = 1) => new(
        new Credential { AccountId = accountId, Kind = CredentialKind.ApiKey, Name = "test", Verifier = "", Scopes = "full", CreatedAt = DateTimeOffset.UnixEpoch },
        "192.0.2.1");

    private WebhookFields Fields(string body) => Read(World.Parser, body).Value!;

    private async Task<(WebhookAnswer? Answer, ApiFault? Fault)> CreateAsync(string body, long accountId = 1)
    {
        return Read(World.Parser, body).Failed(out var fault, out var fields) ? (null, fault) : await World.Service.CreateAsync(Caller(accountId), fields, default);
    }

    private static ApiResult<WebhookFields> Read(WebhookFieldsParser parser, string body)
    {
        var faults = new FieldFaults();
        var fields = JsonBody.Parse<WebhookFields>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), faults, parser.Read);
        return faults.First is { } fault ? fault : fields!;
    }
}

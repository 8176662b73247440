using System.Text.Json;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Queue;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DomainApiTests : IAsyncLifetime
{
    // What the reference requires or describes, with the kinds it allows.
    private static readonly Dictionary<string, JsonValueKind[]> Members = new(StringComparer.Ordinal)
    {
        ["id"] = [JsonValueKind.Number],
        ["name"] = [JsonValueKind.String],
        ["teamId"] = [JsonValueKind.Number],
        ["status"] = [JsonValueKind.String],
        ["region"] = [JsonValueKind.String],
        ["clickTracking"] = [JsonValueKind.True, JsonValueKind.False],
        ["openTracking"] = [JsonValueKind.True, JsonValueKind.False],
        ["publicKey"] = [JsonValueKind.String],
        ["dkimStatus"] = [JsonValueKind.String, JsonValueKind.Null],
        ["spfDetails"] = [JsonValueKind.String, JsonValueKind.Null],
        ["createdAt"] = [JsonValueKind.String],
        ["updatedAt"] = [JsonValueKind.String],
        ["dmarcAdded"] = [JsonValueKind.True, JsonValueKind.False],
        ["isVerifying"] = [JsonValueKind.True, JsonValueKind.False],
        ["errorMessage"] = [JsonValueKind.String, JsonValueKind.Null],
        ["subdomain"] = [JsonValueKind.String, JsonValueKind.Null],
        ["verificationError"] = [JsonValueKind.String, JsonValueKind.Null],
        ["lastCheckedTime"] = [JsonValueKind.String, JsonValueKind.Null],
        ["dnsRecords"] = [JsonValueKind.Array],
    };

    private DomainWorld _world = null!;
    private string _key = "";

    public async Task InitializeAsync()
    {
        _world = await DomainWorld.StartAsync();
        _key = await _world.KeyAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_new_domain_has_the_members_of_the_reference_and_the_records_to_publish()
    {
        var domain = await _world.CreateAsync(_key, "Example.COM.");

        Assert.Equal(Members.Keys.Order(StringComparer.Ordinal), domain.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.All(domain.EnumerateObject(), member => Assert.Contains(member.Value.ValueKind, Members[member.Name]));
        Assert.Equal(("example.com", "NOT_STARTED", "eu", 1), (Text(domain, "name"), Text(domain, "status"), Text(domain, "region"), domain.GetProperty("teamId").GetInt64()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", Text(domain, "createdAt")!);
        var records = domain.GetProperty("dnsRecords").EnumerateArray().ToList();
        Assert.Equal(["TXT", "TXT", "TXT", "MX", "TXT", "TXT"], records.Select(record => Text(record, "type")));
        Assert.Equal([false, false, true, true, true, true], records.Select(record => record.GetProperty("recommended").GetBoolean()));
        Assert.All(records, record => Assert.EndsWith("example.com", Text(record, "name"), StringComparison.Ordinal));
        Assert.Equal("_relay-challenge.example.com", Text(records[0], "name"));
        Assert.Equal("v=DKIM1; k=rsa; p=" + Text(domain, "publicKey"), Text(records[1], "value"));
        Assert.Equal(("bounce.example.com", "relay.example.com", "10"), (Text(records[3], "name"), Text(records[3], "value"), Text(records[3], "priority")));
        Assert.Equal("v=spf1 a:relay.example.com ~all", Text(records[4], "value"));
        Assert.False(domain.TryGetProperty("trackingDnsRecords", out _));
        Assert.Equal(domain.ToString(), (await GetAsync(domain)).ToString());
    }

    [Fact]
    public async Task The_tracking_record_stands_apart_for_the_reference_has_no_type_for_it()
    {
        await using var world = await DomainWorld.StartAsync(DomainWorld.Options with { PublicUrl = new Uri("https://track.example.net") });
        var key = await world.KeyAsync();

        var domain = await world.CreateAsync(key);
        var tracking = Assert.Single(domain.GetProperty("trackingDnsRecords").EnumerateArray());
        Assert.Equal(("CNAME", "links.example.com", "track.example.net"), (Text(tracking, "type"), Text(tracking, "name"), Text(tracking, "value")));
        Assert.Null((await SenderAsync(world))!.TrackingHost);

        world.Publish(domain);
        world.Zone.Alias("links.example.com", "track.example.net");
        var verified = await world.VerifyAsync(key, domain);

        Assert.Equal("SUCCESS", Text(verified.GetProperty("trackingDnsRecords")[0], "status"));
        Assert.Equal("links.example.com", (await SenderAsync(world))!.TrackingHost);
    }

    [Fact]
    public async Task No_alias_of_an_address_is_asked_for()
    {
        await using var world = await DomainWorld.StartAsync(DomainWorld.Options with { PublicUrl = new Uri("http://192.0.2.7:8080") });

        var domain = await world.CreateAsync(await world.KeyAsync());

        Assert.False(domain.TryGetProperty("trackingDnsRecords", out _));
    }

    [Theory]
    [InlineData("""{"region":"eu"}""", "name: is required")]
    [InlineData("""{"name":"example.com"}""", "region: is required")]
    [InlineData("""{"name":null,"region":"eu"}""", "name: is required")]
    [InlineData("""{"name":7,"region":"eu"}""", "name: must be a string")]
    [InlineData("""{"name":"example.com","region":""}""", "region: has 1 to 64 characters")]
    [InlineData("""{"name":"localhost","region":"eu"}""", "name: needs at least two labels, such as example.com")]
    [InlineData("""{"name":"exa mple.com","region":"eu"}""", "name: is not a host name such as mail.example.com")]
    [InlineData("""{"name":"http://example.com","region":"eu"}""", "name: is not a host name such as mail.example.com")]
    [InlineData("""{"name":"192.0.2.1","region":"eu"}""", "name: is an address, not a domain")]
    [InlineData("""[]""", "the body must be a JSON object")]
    [InlineData("""{"name" """, "the body is not valid JSON (line 1, octet 9)")]
    public async Task A_creation_that_cannot_be_understood_names_the_field(string body, string message)
    {
        var (status, answer) = await _world.CallAsync(_key, "POST", "/domains", body);

        Assert.Equal((400, "BAD_REQUEST", message), (status, Code(answer), Message(answer)));
        Assert.Empty(await _world.Domains.ListAsync(null, default));
    }

    [Fact]
    public async Task Unknown_fields_are_ignored_and_international_names_are_kept_as_a_labels()
    {
        var (status, domain) = await _world.CallAsync(_key, "POST", "/domains", new { name = "bücher.example", region = "eu", plan = "gold" });

        Assert.Equal((200, "xn--bcher-kva.example"), (status, Text(domain, "name")));
    }

    [Fact]
    public async Task A_domain_is_made_once_in_an_account_and_again_in_another()
    {
        var first = await _world.CreateAsync(_key);
        var (status, answer) = await _world.CallAsync(_key, "POST", "/domains", new { name = "EXAMPLE.com", region = "us" });
        Assert.Equal((409, "NOT_UNIQUE"), (status, Code(answer)));
        Assert.Contains($"example.com is there already (id {first.GetProperty("id")})", Message(answer), StringComparison.Ordinal);

        var other = await _world.CreateAsync(await _world.KeyAsync(account: 2));

        Assert.Empty(Values(first).Take(3).Intersect(Values(other).Take(3)));
    }

    [Fact]
    public async Task Nothing_of_another_account_is_seen_or_changed()
    {
        var domain = await _world.CreateAsync(_key);
        var stranger = await _world.KeyAsync(account: 2);
        var (path, unknown) = ($"/domains/{domain.GetProperty("id")}", "/domains/999999");

        Assert.Empty((await _world.CallAsync(stranger, "GET", "/domains")).Body.EnumerateArray());
        foreach (var (method, end) in new[] { ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/verify") })
        {
            var foreign = await _world.CallAsync(stranger, method, path + end, new { clickTracking = true });
            var absent = await _world.CallAsync(stranger, method, unknown + end, new { clickTracking = true });
            Assert.Equal(404, foreign.Status);
            Assert.Equal((absent.Status, absent.Body.ToString()), (foreign.Status, foreign.Body.ToString()));
        }

        Assert.Equal(domain.ToString(), (await GetAsync(domain)).ToString());
        Assert.Null(await _world.Get<ISenderDomains>().FindAsync(2, DomainName.Parse("example.com"), default));
    }

    [Fact]
    public async Task Refusals_of_verify_and_delete_are_plain_as_the_reference_has_them()
    {
        var reader = await _world.KeyAsync("reader", "read");
        var (_, gone) = await _world.CallAsync(_key, "DELETE", "/domains/999999");
        var (_, never) = await _world.CallAsync(_key, "PUT", "/domains/nonsense/verify", new { });
        var (status, forbidden) = await _world.CallAsync(reader, "DELETE", "/domains/1");

        Assert.Equal("""{"error":"there is no such domain"}""", gone.ToString());
        Assert.Equal("""{"error":"there is no such domain"}""", never.ToString());
        Assert.Equal((403, JsonValueKind.String), (status, forbidden.GetProperty("error").ValueKind));
    }

    [Fact]
    public async Task A_key_restricted_to_a_domain_governs_that_one_alone()
    {
        var (mine, other) = (await _world.CreateAsync(_key), await _world.CreateAsync(_key, "example.org"));
        var key = await _world.KeyAsync("mine", domains: ["example.com", "joe@example.org"]);
        var path = $"/domains/{other.GetProperty("id")}";

        Assert.Equal(["example.com"], (await _world.CallAsync(key, "GET", "/domains")).Body.EnumerateArray().Select(domain => Text(domain, "name")));
        Assert.Equal(200, (await _world.CallAsync(key, "GET", $"/domains/{mine.GetProperty("id")}")).Status);
        var (status, answer) = await _world.CallAsync(key, "GET", path);
        Assert.Equal((403, "FORBIDDEN"), (status, Code(answer)));
        Assert.Equal(403, (await _world.CallAsync(key, "POST", "/domains", new { name = "new.example.com", region = "eu" })).Status);
        Assert.Equal("""{"error":"this API key is restricted to other domains"}""", (await _world.CallAsync(key, "DELETE", path)).Body.ToString());
        Assert.Equal("""{"error":"this API key is restricted to other domains"}""", (await _world.CallAsync(key, "PUT", path + "/verify")).Body.ToString());
    }

    [Theory]
    [InlineData("read", 200, 403)]
    [InlineData("send", 200, 403)]
    [InlineData("full", 200, 200)]
    public async Task Only_full_keys_change_domains(string scope, int reads, int writes)
    {
        var domain = await _world.CreateAsync(_key);
        var key = await _world.KeyAsync(scope, scope);
        var path = $"/domains/{domain.GetProperty("id")}";

        Assert.Equal(reads, (await _world.CallAsync(key, "GET", "/domains")).Status);
        Assert.Equal(reads, (await _world.CallAsync(key, "GET", path)).Status);
        Assert.Equal(writes, (await _world.CallAsync(key, "PATCH", path, new { openTracking = true })).Status);
        Assert.Equal(writes, (await _world.CallAsync(key, "POST", "/domains", new { name = "example.org", region = "eu" })).Status);
        Assert.Equal(writes, (await _world.CallAsync(key, "PUT", path + "/verify")).Status);
        Assert.Equal(writes, (await _world.CallAsync(key, "DELETE", path)).Status);
    }

    [Fact]
    public async Task Tracking_is_switched_and_seen_by_the_sending_path_at_once()
    {
        var domain = await _world.CreateAsync(_key);
        Assert.False((await SenderAsync(_world))!.ClickTracking);

        var (status, changed) = await _world.CallAsync(_key, "PATCH", $"/domains/{domain.GetProperty("id")}", new { clickTracking = true });
        var (wrong, fault) = await _world.CallAsync(_key, "PATCH", $"/domains/{domain.GetProperty("id")}", new { openTracking = "yes" });

        Assert.Equal((200, true, false), (status, changed.GetProperty("clickTracking").GetBoolean(), changed.GetProperty("openTracking").GetBoolean()));
        Assert.Equal((400, "openTracking: must be true or false"), (wrong, Message(fault)));
        Assert.True(await SenderAsync(_world) is { ClickTracking: true, OpenTracking: false });
    }

    [Fact]
    public async Task Published_records_prove_the_domain_and_its_keys_sign()
    {
        var domain = await _world.CreateAsync(_key);
        Assert.Empty(await ActiveKeysAsync());
        Assert.False((await SenderAsync(_world))!.IsVerified);

        var early = await _world.VerifyAsync(_key, domain);
        Assert.Equal("PENDING", Text(early, "status"));
        Assert.Contains("TXT _relay-challenge.example.com: there is no such record", Text(early, "verificationError"), StringComparison.Ordinal);
        Assert.NotNull(Text(early, "lastCheckedTime"));

        _world.Publish(domain);
        var verified = await _world.VerifyAsync(_key, domain);

        Assert.Equal(("SUCCESS", "SUCCESS", "SUCCESS", null), (Text(verified, "status"), Text(verified, "dkimStatus"), Text(verified, "spfDetails"), Text(verified, "verificationError")));
        Assert.True(verified.GetProperty("dmarcAdded").GetBoolean());
        Assert.All(verified.GetProperty("dnsRecords").EnumerateArray(), record => Assert.Equal("SUCCESS", Text(record, "status")));
        Assert.True((await SenderAsync(_world))!.IsVerified);
        Assert.Equal(2, (await ActiveKeysAsync()).Count);
    }

    [Fact]
    public async Task A_bounce_host_is_ours_when_its_mail_was_seen_to_come_here()
    {
        var hosts = _world.Get<IBounceHosts>();
        var domain = await _world.CreateAsync(_key);
        Assert.False(await hosts.IsOursAsync(DomainName.Parse("bounce.example.com"), default));
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);

        Assert.True(await hosts.IsOursAsync(DomainName.Parse("Bounce.Example.com"), default));
        Assert.False(await hosts.IsOursAsync(DomainName.Parse("example.com"), default));
        Assert.False(await hosts.IsOursAsync(DomainName.Parse("bounce.example.net"), default));
        Assert.False(await hosts.IsOursAsync(DomainName.Parse("bounce"), default));
    }

    [Fact]
    public async Task The_required_records_alone_prove_it_and_only_the_published_key_signs()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain, record => !record.GetProperty("recommended").GetBoolean());

        var verified = await _world.VerifyAsync(_key, domain);

        Assert.Equal(("SUCCESS", "PENDING"), (Text(verified, "status"), Text(verified, "spfDetails")));
        Assert.StartsWith("r", Assert.Single(await ActiveKeysAsync()).Selector, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_accounts_that_claim_a_name_the_first_to_prove_it_holds_it()
    {
        var other = await _world.KeyAsync(account: 2);
        var (mine, theirs) = (await _world.CreateAsync(_key), await _world.CreateAsync(other));
        _world.Publish(mine);
        await _world.VerifyAsync(_key, mine);
        _world.Publish(theirs);

        var refused = await _world.VerifyAsync(other, theirs);

        Assert.Equal("FAILED", Text(refused, "status"));
        Assert.Contains("another account of this server holds example.com as proved", Text(refused, "verificationError"), StringComparison.Ordinal);
        Assert.Equal(2, (await ActiveKeysAsync()).Count);
        await _world.CallAsync(_key, "DELETE", $"/domains/{mine.GetProperty("id")}");
        Assert.Equal("SUCCESS", Text(await _world.VerifyAsync(other, theirs), "status"));
    }

    [Fact]
    public async Task A_deleted_domain_is_gone_and_its_keys_sign_no_more()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);

        var (status, answer) = await _world.CallAsync(_key, "DELETE", $"/domains/{domain.GetProperty("id")}");

        Assert.Equal((200, true), (status, answer.GetProperty("success").GetBoolean()));
        Assert.Equal(domain.GetProperty("id").GetInt64(), answer.GetProperty("id").GetInt64());
        Assert.NotEmpty(Text(answer, "message")!);
        Assert.Null(await SenderAsync(_world));
        Assert.Empty(await ActiveKeysAsync());
        Assert.All(await _world.DkimKeys.ListAsync("example.com", default), key => Assert.Equal(DkimKeyState.Retiring, key.State));
        Assert.Equal(404, (await _world.CallAsync(_key, "DELETE", $"/domains/{domain.GetProperty("id")}")).Status);
        Assert.Equal(["domain.remove", "domain.create"], (await _world.Audit.ListAsync(null, 9, default)).Select(entry => entry.Action).Where(action => action.StartsWith("domain", StringComparison.Ordinal)));
        await _world.CreateAsync(_key);
    }

    [Fact]
    public async Task Keys_that_wait_for_the_domain_already_are_its_keys()
    {
        var made = await _world.Get<DkimKeys>().GenerateAsync(DomainName.Parse("example.com"), null, isActive: false, AuditActor.Cli, default);

        var domain = await _world.CreateAsync(_key);

        var published = domain.GetProperty("dnsRecords").EnumerateArray().Select(record => (Text(record, "name"), Text(record, "value"))).ToList();
        Assert.All(made, key => Assert.Contains(($"{key.Selector}._domainkey.example.com", key.PublicRecord), published));
        Assert.Equal(2, published.Count(record => record.Item1!.Contains("._domainkey.", StringComparison.Ordinal)));
        Assert.Equal(2, (await _world.DkimKeys.ListAsync("example.com", default)).Count);
        _world.Publish(domain);
        Assert.Equal("SUCCESS", Text(await _world.VerifyAsync(_key, domain), "status"));
        Assert.Equal(made.Select(key => key.Selector), (await ActiveKeysAsync()).Select(key => key.Selector));
    }

    [Fact]
    public async Task Keys_of_another_account_or_in_the_middle_of_a_rotation_are_not_taken()
    {
        var keys = _world.Get<DkimKeys>();
        await keys.GenerateAsync(DomainName.Parse("example.com"), null, isActive: true, AuditActor.Cli, default);
        await _world.CreateAsync(await _world.KeyAsync(account: 2));
        Assert.Equal(4, (await _world.DkimKeys.ListAsync("example.com", default)).Count);

        Assert.Equal(2, (await keys.RotateAsync(DomainName.Parse("example.com"), AuditActor.Cli, default)).Count);
        await _world.CreateAsync(_key);

        Assert.Equal(8, (await _world.DkimKeys.ListAsync("example.com", default)).Count);
    }

    [Fact]
    public async Task A_suspended_account_is_told_so()
    {
        var accounts = _world.Get<AccountService>();
        var shop = await accounts.CreateAsync("shop", AuditActor.Cli, default);
        var key = await _world.KeyAsync(account: shop.Id);
        await accounts.SuspendAsync("shop", AuditActor.Cli, default);

        var (status, answer) = await _world.CallAsync(key, "GET", "/domains");

        Assert.Equal((403, "FORBIDDEN", "the account of this API key is suspended"), (status, Code(answer), Message(answer)));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static string? Code(JsonElement answer) => Text(answer.GetProperty("error"), "code");

    private static string Message(JsonElement answer) => Text(answer.GetProperty("error"), "message")!;

    private static IEnumerable<string> Values(JsonElement domain) => domain.GetProperty("dnsRecords").EnumerateArray().Select(record => Text(record, "value")!);

    private static ValueTask<SendingDomain?> SenderAsync(DomainWorld world) =>
        world.Get<ISenderDomains>().FindAsync(1, DomainName.Parse("example.com"), default);

    private ValueTask<IReadOnlyList<Relay.Dkim.DkimKey>> ActiveKeysAsync() =>
        _world.Get<IDkimKeySource>().FindActiveAsync(DomainName.Parse("example.com"), default);

    private async Task<JsonElement> GetAsync(JsonElement domain) => (await _world.CallAsync(_key, "GET", $"/domains/{domain.GetProperty("id")}")).Body;
}

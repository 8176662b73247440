using System.Text.Json;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DomainVerifierTests : IAsyncLifetime
{
    private DomainWorld _world = null!;
    private string _key = "";

    public async Task InitializeAsync()
    {
        _world = await DomainWorld.StartAsync();
        _key = await _world.KeyAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task A_new_domain_is_looked_at_by_itself_after_a_minute()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);

        await AdvanceUntilAsync("it is proved", TimeSpan.FromSeconds(10), async () => (await FindAsync()).Domain.IsVerified);

        var entry = await FindAsync();
        Assert.True(entry.CheckedAt - entry.Domain.CreatedAt >= TimeSpan.FromMinutes(1));
        Assert.Equal(entry.CheckedAt + TimeSpan.FromDays(1), entry.NextCheckAt);
        Assert.Equal(["domain.created", "domain.verified"], _world.Domains.Notices.Select(notice => notice.Type));
    }

    [Fact]
    public async Task A_domain_whose_records_vanish_is_lost_after_three_days_and_signs_no_more()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);
        foreach (var record in domain.GetProperty("dnsRecords").EnumerateArray())
        {
            _world.Zone.Remove(record.GetProperty("name").GetString()!);
        }

        var lost = _world.Time.GetUtcNow();
        await AdvanceUntilAsync("it is lost", TimeSpan.FromHours(3), async () => !(await FindAsync()).Domain.IsVerified);

        Assert.True(_world.Time.GetUtcNow() - lost >= TimeSpan.FromDays(3));
        Assert.Equal(DomainStatus.Failed, (await FindAsync()).Domain.Status);
        Assert.Empty(await _world.Get<IDkimKeySource>().FindActiveAsync(DomainName.Parse("example.com"), default));
        Assert.False((await _world.Get<ISenderDomains>().FindAsync(1, DomainName.Parse("example.com"), default))!.IsVerified);
    }

    [Fact]
    public async Task What_is_good_to_have_is_looked_for_with_the_proof_and_never_in_its_way()
    {
        var domain = await _world.CreateAsync(_key);
        Assert.False(domain.TryGetProperty("advice", out _));
        _world.Publish(domain);
        _world.Zone.Txt("_smtp._tls.example.com", "v=TLSRPTv1; rua=nobody");

        var found = await _world.VerifyAsync(_key, domain);

        Assert.Equal("SUCCESS", found.GetProperty("status").GetString());
        var reports = found.GetProperty("advice").EnumerateArray().Single(advice => advice.GetProperty("check").GetString() == "tls-rpt");
        Assert.Equal("WRONG", reports.GetProperty("status").GetString());
        Assert.Equal("v=TLSRPTv1; rua=mailto:tls-reports@example.com", reports.GetProperty("dnsRecords")[0].GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_record_that_goes_wrong_is_found_by_the_daily_check()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        _world.Zone.Txt("_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:tls@example.com");
        await _world.VerifyAsync(_key, domain);
        Assert.Empty(await _world.Domains.DriftedAsync(10, default));

        _world.Zone.Remove("_smtp._tls.example.com").Txt("_smtp._tls.example.com", "v=TLSRPTv1; rua=");
        await AdvanceUntilAsync("it drifts", TimeSpan.FromHours(3), async () => (await _world.Domains.DriftedAsync(10, default)).Count == 1);

        var entry = await FindAsync();
        Assert.True(entry.Domain.IsVerified);
        Assert.Equal(entry.CheckedAt, entry.DriftSince);
    }

    [Fact]
    public async Task A_recommended_record_that_was_there_drifts_and_tells_what_is_there_now()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);
        _world.Zone.Remove("bounce.example.com").Mx("bounce.example.com", 10, "elsewhere.example.net").Txt("bounce.example.com", "v=spf1 a:relay.example.com ~all");

        var found = await _world.VerifyAsync(_key, domain);

        var shown = found.GetProperty("dnsRecords").EnumerateArray().Where(record => record.TryGetProperty("found", out _) && record.GetProperty("status").GetString() != "SUCCESS").ToList();
        Assert.Equal("another value is published: elsewhere.example.net", Assert.Single(shown).GetProperty("found").GetString());
        var drifted = Assert.Single(await _world.Domains.DriftedAsync(10, default));
        Assert.Equal("MX bounce.example.com", Assert.Single(drifted.Looks, look => look.DriftSince is not null).Check);
        Assert.True(drifted.Domain.IsVerified);
    }

    [Fact]
    public async Task A_stricter_policy_than_ours_is_told_as_what_is_there()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Zone.Txt("_dmarc.example.com", "v=DMARC1; p=reject");

        var found = await _world.VerifyAsync(_key, domain);

        var dmarc = found.GetProperty("dnsRecords").EnumerateArray().Single(record => record.GetProperty("name").GetString() == "_dmarc.example.com");
        Assert.Equal(("SUCCESS", "_dmarc.example.com says p=reject"), (dmarc.GetProperty("status").GetString(), dmarc.GetProperty("found").GetString()));
    }

    [Fact]
    public async Task A_domain_follows_its_keys_when_they_were_rotated()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);
        var (name, keys) = (DomainName.Parse("example.com"), _world.Get<DkimKeys>());
        var old = await keys.ListAsync(name, default);
        var pair = await keys.RotateAsync(name, AuditActor.Cli, default);
        foreach (var key in pair)
        {
            _world.Zone.Txt(DkimKeyProof.NameOf(key), key.PublicRecord);
            var stored = (await keys.ListAsync(name, default)).Single(candidate => candidate.Selector == key.Selector);
            await _world.DkimKeys.SetStateAsync(stored.Id, DkimKeyState.Active, _world.Time.GetUtcNow(), default);
        }

        Assert.Equal(old.Select(key => key.Selector).Order(), Selectors(await _world.VerifyAsync(_key, domain)));
        foreach (var key in old)
        {
            await _world.DkimKeys.SetStateAsync(key.Id, DkimKeyState.Retiring, _world.Time.GetUtcNow(), default);
            _world.Zone.Remove(DkimKeyProof.NameOf(key));
        }

        var found = await _world.VerifyAsync(_key, domain);

        Assert.Equal(pair.Select(key => key.Selector).Order(), Selectors(found));
        Assert.Null(found.GetProperty("verificationError").GetString());
        Assert.Null((await FindAsync()).FailingSince);
        Assert.Equal(pair[0].PublicRecord, (await FindAsync()).RsaKey.Record);
    }

    [Fact]
    public async Task A_domain_whose_keys_were_retired_says_so_stays_proved_and_asks_for_those_that_are_made_next()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);
        var (name, keys) = (DomainName.Parse("example.com"), _world.Get<DkimKeys>());
        foreach (var key in await keys.ListAsync(name, default))
        {
            Assert.True(await keys.RetireAsync(name, key.Selector, AuditActor.Cli, default));
            _world.Zone.Remove(DkimKeyProof.NameOf(key));
        }

        var found = await _world.VerifyAsync(_key, domain);
        Assert.Empty(Selectors(found));
        Assert.Equal("example.com has no DKIM key; the operator of this server makes a pair with 'relay dkim generate example.com'", found.GetProperty("verificationError").GetString());
        Assert.Equal(("SUCCESS", "FAILED", ""), (found.GetProperty("status").GetString(), found.GetProperty("dkimStatus").GetString(), found.GetProperty("publicKey").GetString()));
        Assert.Null((await FindAsync()).FailingSince);

        var pair = await keys.GenerateAsync(name, null, false, AuditActor.Cli, default);
        found = await _world.VerifyAsync(_key, domain);
        Assert.Equal(pair.Select(key => key.Selector).Order(), Selectors(found));
        Assert.Contains(pair[0].Selector, found.GetProperty("verificationError").GetString(), StringComparison.Ordinal);

        foreach (var key in pair)
        {
            _world.Zone.Txt(DkimKeyProof.NameOf(key), key.PublicRecord);
        }

        found = await _world.VerifyAsync(_key, domain);
        Assert.Null(found.GetProperty("verificationError").GetString());
        Assert.Equal(pair.Select(key => key.Selector).Order(), (await keys.FindActiveAsync(name, default)).Select(key => key.Selector).Order());
    }

    [Fact]
    public async Task Keys_that_an_operator_made_stand_for_those_an_account_has_no_more()
    {
        var key = await _world.KeyAsync(account: 2);
        var domain = await _world.CreateAsync(key);
        var (name, keys) = (DomainName.Parse("example.com"), _world.Get<DkimKeys>());
        foreach (var old in await keys.ListAsync(name, default))
        {
            Assert.True(await keys.RetireAsync(name, old.Selector, AuditActor.Cli, default));
        }

        var pair = await keys.GenerateAsync(name, null, false, AuditActor.Cli, default);

        Assert.Equal(pair.Select(made => made.Selector).Order(), Selectors(await _world.VerifyAsync(key, domain)));
    }

    [Fact]
    public async Task Keys_that_change_by_hand_make_the_domain_looked_at_soon()
    {
        var domain = await _world.CreateAsync(_key);
        _world.Publish(domain);
        await _world.VerifyAsync(_key, domain);
        var (name, keys) = (DomainName.Parse("example.com"), _world.Get<DkimKeys>());
        foreach (var key in await keys.ListAsync(name, default))
        {
            Assert.True(await keys.RetireAsync(name, key.Selector, AuditActor.Cli, default));
        }

        // Records are asked for at most once in two seconds.
        _world.Time.Advance(TimeSpan.FromSeconds(3));
        await _world.Get<DomainService>().KeysChangedAsync(name, default);
        await _world.Get<DomainService>().KeysChangedAsync(DomainName.Parse("unknown.example"), default);

        await Poll.UntilAsync("the domain says that it has no key", async () => (await FindAsync()).VerificationError is { } error && error.Contains("no DKIM key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_asks_during_a_check_waits_for_that_one()
    {
        await _world.CreateAsync(_key);
        var (checks, id) = (_world.Get<DomainChecks>(), (await FindAsync()).Domain.Id);

        var both = await Task.WhenAll(checks.CheckAsync(id, default), checks.CheckAsync(id, default));

        Assert.Equal(both[0]!.Domain.Id, both[1]!.Domain.Id);
        Assert.False(checks.IsRunning(id));
    }

    [Fact]
    public async Task A_domain_that_is_gone_is_not_checked()
    {
        await _world.CreateAsync(_key);
        var entry = await FindAsync();
        await _world.Domains.RemoveAsync(entry.Domain.Id, default, new WebhookNotice { AccountId = 1, Type = "domain.deleted", At = _world.Time.GetUtcNow(), Data = [] }, default);

        Assert.Null(await _world.Get<DomainChecks>().CheckAsync(entry.Domain.Id, default));
        Assert.False(await _world.Get<DomainVerifier>().RequestAsync(entry, default));
        Assert.False(_world.Get<DomainVerifier>().IsChecking(entry.Domain.Id));
    }

    private static IEnumerable<string> Selectors(JsonElement domain) => domain.GetProperty("dnsRecords").EnumerateArray()
        .Select(record => record.GetProperty("name").GetString()!).Where(name => name.Contains("._domainkey.", StringComparison.Ordinal)).Select(name => name.Split('.')[0]).Order();

    private async Task<DomainEntry> FindAsync() => Assert.Single(await _world.Domains.ListAsync(1, default));

    private async Task AdvanceUntilAsync(string what, TimeSpan step, Func<Task<bool>> condition) => await Poll.UntilAsync(what, async () =>
    {
        if (await condition())
        {
            return true;
        }

        // The verifier has come to rest before the clock goes on.
        var id = (await FindAsync()).Domain.Id;
        await Poll.UntilAsync("no check is under way", () => !_world.Get<DomainVerifier>().IsChecking(id));
        _world.Time.Advance(step);
        return await condition();
    });
}

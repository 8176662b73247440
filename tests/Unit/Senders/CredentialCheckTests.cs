using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CredentialCheckTests : IDisposable
{
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.1");
    private static readonly string Verifier = ScramVerifier.FromPassword("right", new byte[16], 4096).ToString();

    private readonly SendersClock _clock = new();
    private readonly MemoryCredentialStore _store = new();
    private readonly CredentialCheck _check;

    public CredentialCheckTests() => _check = new CredentialCheck(_store, _clock);

    public void Dispose() => _check.Dispose();

    [Fact]
    public async Task The_right_password_is_accepted_and_brings_the_credential()
    {
        var added = await AddLoginAsync("joe");

        var result = await PasswordAsync("joe", "right");

        Assert.Equal(CredentialOutcome.Accepted, result.Outcome);
        Assert.Equal(added.Id, result.Credential!.Id);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_name_are_refused_alike()
    {
        await AddLoginAsync("joe");

        Assert.Equal(await PasswordAsync("joe", "wrong"), await PasswordAsync("nobody", "right"));
        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync("joe", "wrong")).Outcome);
    }

    [Fact]
    public async Task The_dummy_password_of_unknown_names_never_opens_anything()
    {
        await _store.AddAsync(Login("broken") with { Verifier = "no verifier" }, CancellationToken.None);

        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync("broken", "right")).Outcome);
        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync(new string('x', 300), "right")).Outcome);
    }

    [Fact]
    public async Task Exchanges_begun_at_once_are_no_more_guesses_than_one_after_the_other()
    {
        await AddLoginAsync("joe");
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull((await _check.FindScramAsync("joe", Elsewhere, CancellationToken.None)).Verifier);
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(CredentialOutcome.Refused, (await _check.CompleteScramAsync("joe", isProven: false, Elsewhere, CancellationToken.None)).Outcome);
        }

        Assert.NotNull((await _check.CompleteScramAsync("joe", isProven: true, Elsewhere, CancellationToken.None)).RetryAfter);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(CredentialOutcome.Accepted, (await _check.CompleteScramAsync("joe", isProven: true, Elsewhere, CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task Revoked_expired_and_foreign_networks_are_refused()
    {
        var revoked = await AddLoginAsync("revoked");
        await _store.RevokeAsync(revoked.Id, _clock.Now, CancellationToken.None);
        await _store.AddAsync(Login("expired") with { ExpiresAt = _clock.Now }, CancellationToken.None);
        await _store.AddAsync(Login("bound") with { AllowedNetworks = ["198.51.100.0/24"] }, CancellationToken.None);

        Assert.Equal("revoked", (await PasswordAsync("revoked", "right")).Reason);
        Assert.Equal("expired", (await PasswordAsync("expired", "right")).Reason);
        Assert.Equal("not allowed from this network", (await PasswordAsync("bound", "right")).Reason);
        Assert.Equal(CredentialOutcome.Accepted, (await PasswordAsync("bound", "right", Elsewhere)).Outcome);
    }

    [Fact]
    public async Task A_verified_password_is_remembered_until_it_changes()
    {
        var added = await AddLoginAsync("joe");
        await PasswordAsync("joe", "right");

        await _store.SetVerifierAsync(added.Id, ScramVerifier.FromPassword("new", new byte[16], 4096).ToString(), CancellationToken.None);
        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync("joe", "right")).Outcome);
        Assert.Equal(CredentialOutcome.Accepted, (await PasswordAsync("joe", "new")).Outcome);
    }

    [Fact]
    public void A_remembered_password_is_bound_to_network_and_verifier_and_is_forgotten_after_a_while()
    {
        var verified = new VerifiedPasswords(_clock, new CredentialCheckOptions());
        verified.Remember("pair", "right", "verifier");

        Assert.True(verified.IsRemembered("pair", "right", "verifier"));
        Assert.False(verified.IsRemembered("pair", "wrong", "verifier"));
        Assert.False(verified.IsRemembered("pair", "right", "another verifier"));
        Assert.False(verified.IsRemembered("other pair", "right", "verifier"));
        _clock.Advance(TimeSpan.FromMinutes(6));
        Assert.False(verified.IsRemembered("pair", "right", "verifier"));
        Assert.True(verified.IsKnownNetwork("pair"));
        _clock.Advance(TimeSpan.FromDays(8));
        Assert.False(verified.IsKnownNetwork("pair"));
    }

    [Fact]
    public async Task With_too_many_logins_waiting_the_answer_is_busy()
    {
        using var full = new CredentialCheck(_store, _clock, new CredentialCheckOptions { MaxWaitingVerifications = 0 });
        await AddLoginAsync("joe");

        var result = await full.CheckPasswordAsync("joe", "right", Home, CancellationToken.None);

        Assert.Equal(CredentialOutcome.Busy, result.Outcome);
    }

    [Fact]
    public async Task A_remembered_password_does_not_outlive_revocation()
    {
        var added = await AddLoginAsync("joe");
        await PasswordAsync("joe", "right");
        await _store.RevokeAsync(added.Id, _clock.Now, CancellationToken.None);

        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync("joe", "right")).Outcome);
    }

    [Fact]
    public async Task Failures_make_a_network_wait_longer_and_longer()
    {
        await AddLoginAsync("joe");
        await FailAsync(5, i => $"name{i}");

        var first = await PasswordAsync("joe", "right");
        Assert.Equal((CredentialOutcome.Throttled, TimeSpan.FromSeconds(1)), (first.Outcome, first.RetryAfter));

        _clock.Advance(TimeSpan.FromSeconds(1));
        await FailAsync(1, _ => "name6");
        Assert.Equal(TimeSpan.FromSeconds(2), (await PasswordAsync("joe", "right")).RetryAfter);

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(CredentialOutcome.Accepted, (await PasswordAsync("joe", "right")).Outcome);
    }

    [Fact]
    public async Task Failures_are_forgotten_after_a_quiet_time()
    {
        await FailAsync(5, i => $"name{i}");
        _clock.Advance(TimeSpan.FromMinutes(61));
        await FailAsync(4, i => $"other{i}");

        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync("joe", "x")).Outcome);
    }

    [Fact]
    public async Task Failures_against_a_name_count_from_everywhere()
    {
        await AddLoginAsync("joe");
        for (var i = 0; i < 5; i++)
        {
            await PasswordAsync("joe", "wrong", IPAddress.Parse($"198.51.100.{i}"));
        }

        Assert.Equal(CredentialOutcome.Throttled, (await PasswordAsync("joe", "right")).Outcome);
    }

    [Fact]
    public async Task Strangers_cannot_lock_out_a_login_where_it_is_known()
    {
        await AddLoginAsync("joe");
        await PasswordAsync("joe", "right");
        for (var i = 0; i < 50; i++)
        {
            await PasswordAsync("joe", "wrong", IPAddress.Parse($"198.51.100.{i}"));
            await PasswordAsync($"name{i}", "wrong");
        }

        _clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(CredentialOutcome.Accepted, (await PasswordAsync("joe", "right")).Outcome);
    }

    [Fact]
    public async Task Strangers_cannot_lock_out_a_login_that_proved_its_password_by_scram()
    {
        await AddLoginAsync("joe");
        await _check.CompleteScramAsync("joe", isProven: true, Home, CancellationToken.None);
        for (var i = 0; i < 50; i++)
        {
            await PasswordAsync("joe", "wrong", IPAddress.Parse($"198.51.100.{i}"));
        }

        Assert.Null((await _check.FindScramAsync("joe", Home, CancellationToken.None)).Refusal);
        Assert.Equal(CredentialOutcome.Accepted, (await _check.CompleteScramAsync("joe", isProven: true, Home, CancellationToken.None)).Outcome);
    }

    [Fact]
    public async Task A_known_login_is_still_limited_in_its_own_network()
    {
        await AddLoginAsync("joe");
        await PasswordAsync("joe", "right");
        await FailAsync(5, _ => "joe");

        Assert.Equal(CredentialOutcome.Throttled, (await PasswordAsync("joe", "right")).Outcome);
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("127.0.0.1", "127.0.0.1", false)]
    public async Task A_network_is_one_IPv4_address_or_an_IPv6_64_and_never_loopback(string failing, string trying, bool counted)
    {
        await AddLoginAsync("joe");
        for (var i = 0; i < 6; i++)
        {
            await PasswordAsync($"name{i}", "wrong", IPAddress.Parse(failing));
        }

        var result = await PasswordAsync("joe", "right", IPAddress.Parse(trying));

        Assert.Equal(counted ? CredentialOutcome.Throttled : CredentialOutcome.Accepted, result.Outcome);
    }

    [Fact]
    public async Task Many_attempts_at_once_gain_nothing()
    {
        await AddLoginAsync("joe");

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => PasswordAsync("joe", "wrong")));

        Assert.InRange(results.Count(result => result.Outcome == CredentialOutcome.Refused), 5, 5 + Environment.ProcessorCount);
        Assert.All(results, result => Assert.Contains(result.Outcome, new[] { CredentialOutcome.Refused, CredentialOutcome.Throttled }));
    }

    [Theory]
    [InlineData("send", CredentialOutcome.Accepted)]
    [InlineData("full", CredentialOutcome.Accepted)]
    [InlineData("read", CredentialOutcome.Refused)]
    public async Task An_API_key_is_a_password_when_it_may_send(string scope, CredentialOutcome outcome)
    {
        var key = await AddKeyAsync(CredentialKind.ApiKey, scope);

        Assert.Equal(outcome, (await PasswordAsync("apikey", key)).Outcome);
        Assert.Equal(CredentialOutcome.Accepted, (await BearerAsync(key)).Outcome);
    }

    [Fact]
    public async Task An_admin_token_is_a_bearer_but_no_password()
    {
        var token = await AddKeyAsync(CredentialKind.AdminToken, "admin");

        Assert.Equal(CredentialKind.AdminToken, (await BearerAsync(token)).Credential!.Kind);
        Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync("apikey", token)).Outcome);
    }

    [Fact]
    public async Task Wrong_bearers_are_refused_then_throttled_and_a_right_one_always_passes()
    {
        var key = await AddKeyAsync(CredentialKind.ApiKey, "full");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(CredentialOutcome.Refused, (await BearerAsync("rk_wrong")).Outcome);
        }

        Assert.Equal(CredentialOutcome.Throttled, (await BearerAsync("rk_wrong")).Outcome);
        Assert.Equal(CredentialOutcome.Accepted, (await BearerAsync(key)).Outcome);
    }

    [Fact]
    public async Task The_stored_form_of_a_secret_is_no_bearer()
    {
        await AddLoginAsync("joe");
        var key = await AddKeyAsync(CredentialKind.ApiKey, "full");

        Assert.Equal(CredentialOutcome.Refused, (await BearerAsync(ApiKeys.Hash(key))).Outcome);
        Assert.Equal(CredentialOutcome.Refused, (await BearerAsync(Verifier)).Outcome);
        Assert.Equal(CredentialOutcome.Refused, (await BearerAsync(string.Empty)).Outcome);
    }

    [Fact]
    public async Task The_last_use_is_written_by_the_flush()
    {
        var added = await AddLoginAsync("joe");
        await PasswordAsync("joe", "right");
        Assert.Null((await FindAsync(added)).LastUsedAt);

        await _check.FlushAsync(CancellationToken.None);

        Assert.Equal(_clock.Now, (await FindAsync(added)).LastUsedAt);
    }

    [Fact]
    public async Task The_service_flushes_at_every_tick()
    {
        var added = await AddLoginAsync("joe");
        await PasswordAsync("joe", "right");
        using var service = new CredentialUsageService(_check, _clock, NullLogger<CredentialUsageService>.Instance);
        await service.StartAsync(CancellationToken.None);
        await _clock.TimerCreated;

        _clock.FireTimers();
        await _store.FirstMarks;

        Assert.Equal(_clock.Now, (await FindAsync(added)).LastUsedAt);
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_service_flushes_at_the_stop()
    {
        var added = await AddLoginAsync("joe");
        using var service = new CredentialUsageService(_check, _clock, NullLogger<CredentialUsageService>.Instance);
        await service.StartAsync(CancellationToken.None);
        await PasswordAsync("joe", "right");

        await service.StopAsync(CancellationToken.None);

        Assert.Equal(_clock.Now, (await FindAsync(added)).LastUsedAt);
    }

    private async Task<Credential> FindAsync(Credential credential) =>
        (await _store.FindByNameAsync(credential.Kind, credential.Name, CancellationToken.None))!;

    private Task<CredentialCheckResult> PasswordAsync(string login, string password, IPAddress? client = null) =>
        _check.CheckPasswordAsync(login, password, client ?? Home, CancellationToken.None).AsTask();

    private Task<CredentialCheckResult> BearerAsync(string token) => _check.CheckBearerAsync(token, Home, CancellationToken.None).AsTask();

    private async Task FailAsync(int times, Func<int, string> name)
    {
        for (var i = 0; i < times; i++)
        {
            Assert.Equal(CredentialOutcome.Refused, (await PasswordAsync(name(i), "wrong")).Outcome);
        }
    }

    private Task<Credential> AddLoginAsync(string name) => _store.AddAsync(Login(name), CancellationToken.None).AsTask();

    private Credential Login(string name) =>
        new() { Kind = CredentialKind.SmtpLogin, Name = name, Verifier = Verifier, Scopes = "smtp", CreatedAt = _clock.Now };

    private async Task<string> AddKeyAsync(CredentialKind kind, string scopes)
    {
        var secret = ApiKeys.Generate();
        await _store.AddAsync(
            new Credential { Kind = kind, Name = "key", Verifier = ApiKeys.Hash(secret), Scopes = scopes, CreatedAt = _clock.Now },
            CancellationToken.None);
        return secret;
    }
}

using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CredentialServicesTests
{
    private readonly SendersClock _clock = new();
    private readonly MemoryCredentialStore _store = new();
    private readonly MemoryAuditStore _audit = new();

    private UserService Users => new(_store, _audit, _clock);

    private ApiKeyService Keys => new(_store, _audit, _clock);

    private AdminTokens Tokens => new(_store, _audit, _clock);

    [Fact]
    public async Task A_user_is_created_with_restrictions_and_an_audit_entry()
    {
        var restrictions = new CredentialRestrictions { AllowedSenders = ["example.com"], AllowedNetworks = ["192.0.2.0/24"] };

        var user = await Users.CreateAsync("joe@example.com", "secret", restrictions, new AuditActor("root", "192.0.2.9"), CancellationToken.None);

        Assert.True(ScramVerifier.Parse(user.Verifier).Verify("secret"));
        Assert.Equal(["example.com"], user.AllowedSenders);
        Assert.Equal("smtp", user.Scopes);
        var entry = Assert.Single(await _audit.ListAsync(null, 10, CancellationToken.None));
        Assert.Equal(("root", "192.0.2.9", "user.create", "joe@example.com"), (entry.Actor, entry.From, entry.Action, entry.Target));
    }

    [Fact]
    public async Task A_certificate_is_kept_in_one_form_with_an_audit_entry()
    {
        await CreateAsync("joe");

        var user = await Users.AddCertificateAsync("joe", "CN=joe,O=Example", AuditActor.Cli, CancellationToken.None);

        Assert.Equal(["subject:CN=joe, O=Example"], user!.Certificates);
        Assert.Null(await Users.AddCertificateAsync("nobody", "CN=x", AuditActor.Cli, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Users.AddCertificateAsync("joe", "something", AuditActor.Cli, CancellationToken.None));
        Assert.True(await Users.RemoveCertificateAsync("joe", "subject:CN=joe,O=Example", AuditActor.Cli, CancellationToken.None));
        Assert.False(await Users.RemoveCertificateAsync("joe", "CN=joe, O=Example", AuditActor.Cli, CancellationToken.None));
        Assert.Equal(
            ["user.certificate.remove", "user.certificate.add", "user.create"],
            (await _audit.ListAsync(null, 10, CancellationToken.None)).Select(entry => entry.Action));
    }

    [Fact]
    public async Task A_login_has_at_most_a_hundred_certificates()
    {
        await CreateAsync("joe");
        for (var i = 0; i < 100; i++)
        {
            await Users.AddCertificateAsync("joe", $"CN=device-{i}", AuditActor.Cli, CancellationToken.None);
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await Users.AddCertificateAsync("joe", "CN=one-more", AuditActor.Cli, CancellationToken.None));
    }

    [Fact]
    public async Task A_taken_name_is_refused_and_leaves_no_audit_entry()
    {
        await CreateAsync("joe");

        await Assert.ThrowsAsync<DuplicateEntryException>(() => CreateAsync("joe"));

        Assert.Single(await _audit.ListAsync(null, 10, CancellationToken.None));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("apikey")]
    [InlineData("ApiKey")]
    public async Task A_name_that_cannot_be_used_is_refused(string name) => await Assert.ThrowsAsync<ArgumentException>(() => CreateAsync(name));

    [Theory]
    [InlineData("not an address", null)]
    [InlineData(null, "192.0.2.0/33")]
    public async Task Restrictions_that_mean_nothing_are_refused(string? sender, string? network)
    {
        var restrictions = new CredentialRestrictions
        {
            AllowedSenders = sender is null ? [] : [sender],
            AllowedNetworks = network is null ? [] : [network],
        };

        await Assert.ThrowsAsync<ArgumentException>(
            () => Users.CreateAsync("joe", "secret", restrictions, AuditActor.Cli, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task An_expiry_in_the_past_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Users.CreateAsync(
            "joe", "secret", new CredentialRestrictions { ExpiresAt = _clock.Now }, AuditActor.Cli, CancellationToken.None).AsTask());

    [Fact]
    public async Task An_empty_password_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(
            () => Users.CreateAsync("joe", string.Empty, CredentialRestrictions.None, AuditActor.Cli, CancellationToken.None).AsTask());

    [Fact]
    public async Task A_password_can_be_changed_and_a_user_removed()
    {
        await CreateAsync("joe");

        Assert.True(await Users.SetPasswordAsync("joe", "new", AuditActor.Cli, CancellationToken.None));
        Assert.True(ScramVerifier.Parse(Assert.Single(await Users.PageAsync(0, 10, CancellationToken.None)).Verifier).Verify("new"));
        Assert.True(await Users.RemoveAsync("joe", AuditActor.Cli, CancellationToken.None));
        Assert.Empty(await Users.PageAsync(0, 10, CancellationToken.None));
        Assert.Equal(["user.remove", "user.password", "user.create"], await ActionsAsync());
    }

    [Fact]
    public async Task Changing_what_is_not_there_says_so()
    {
        Assert.False(await Users.SetPasswordAsync("joe", "new", AuditActor.Cli, CancellationToken.None));
        Assert.False(await Users.RemoveAsync("joe", AuditActor.Cli, CancellationToken.None));
        Assert.False(await Users.RemoveAsync("jim", AuditActor.Cli, CancellationToken.None));
        Assert.Empty(await ActionsAsync());
    }

    [Fact]
    public async Task An_API_key_is_shown_once_and_kept_as_hash()
    {
        var (credential, clearText) = await Keys.CreateAsync(new ApiKeyDraft("my key", "full"), AuditActor.Cli, CancellationToken.None);

        Assert.Matches("^rk_[0-9A-Za-z]{32}$", clearText);
        Assert.Equal(ApiKeys.Hash(clearText), credential.Verifier);
        Assert.Equal(clearText[..7], credential.Hint);
        Assert.True(await Keys.RevokeAsync(credential, AuditActor.Cli, CancellationToken.None));
        Assert.False(await Keys.RevokeAsync(credential, AuditActor.Cli, CancellationToken.None));
        Assert.Equal(_clock.Now, Assert.Single(await Keys.ListAsync(null, CancellationToken.None)).RevokedAt);
        Assert.Equal(["key.revoke", "key.create"], await ActionsAsync());
    }

    [Fact]
    public async Task Keys_belong_to_accounts()
    {
        var (mine, _) = await Keys.CreateAsync(new ApiKeyDraft("prod", "send"), AuditActor.Cli, CancellationToken.None);
        var (theirs, _) = await Keys.CreateAsync(new ApiKeyDraft("prod", "send") { AccountId = 2 }, AuditActor.Cli, CancellationToken.None);

        Assert.Equal(mine.Id, (await Keys.FindAsync(1, "prod", CancellationToken.None))!.Id);
        Assert.Equal([theirs.Id], (await Keys.ListAsync(2, CancellationToken.None)).Select(key => key.Id));
        Assert.Null(await Keys.FindAsync(1, theirs.Id, CancellationToken.None));
        Assert.Equal([2, 1], (await _audit.ListAsync(null, 9, CancellationToken.None)).Select(entry => entry.AccountId));
    }

    [Fact]
    public async Task A_revoked_key_leaves_its_name_to_the_next()
    {
        var (first, _) = await Keys.CreateAsync(new ApiKeyDraft("prod", "send"), AuditActor.Cli, CancellationToken.None);
        await Assert.ThrowsAsync<DuplicateEntryException>(
            () => Keys.CreateAsync(new ApiKeyDraft("prod", "send"), AuditActor.Cli, CancellationToken.None).AsTask());
        await Keys.RevokeAsync(first, AuditActor.Cli, CancellationToken.None);

        var (second, _) = await Keys.CreateAsync(new ApiKeyDraft("prod", "send"), AuditActor.Cli, CancellationToken.None);

        Assert.Equal(second.Id, (await Keys.FindAsync(1, "prod", CancellationToken.None))!.Id);
    }

    [Fact]
    public async Task A_negative_limit_is_refused()
    {
        var limits = new SendLimits { EmailsPerDay = -1 };
        await Assert.ThrowsAsync<ArgumentException>(
            () => Keys.CreateAsync(new ApiKeyDraft("key", "send") { Limits = limits }, AuditActor.Cli, CancellationToken.None).AsTask());
    }

    [Fact]
    public void A_key_hash_is_the_lower_case_hex_SHA_256() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", ApiKeys.Hash("abc"));

    [Theory]
    [InlineData("")]
    [InlineData("admin")]
    [InlineData("send send")]
    [InlineData("send  read")]
    public async Task Unknown_scopes_are_refused(string scopes) =>
        await Assert.ThrowsAsync<ArgumentException>(
            () => Keys.CreateAsync(new ApiKeyDraft("key", scopes), AuditActor.Cli, CancellationToken.None).AsTask());

    [Fact]
    public async Task The_bootstrap_token_is_made_at_the_first_start_only()
    {
        var token = await Tokens.CreateFirstAsync(CancellationToken.None);

        Assert.NotNull(token);
        Assert.Null(await Tokens.CreateFirstAsync(CancellationToken.None));
        var credential = Assert.Single(await _store.ListAsync(CredentialKind.AdminToken, CancellationToken.None));
        Assert.Equal(("bootstrap", "admin", ApiKeys.Hash(token)), (credential.Name, credential.Scopes, credential.Verifier));
    }

    [Fact]
    public async Task Rotation_replaces_the_token_at_once()
    {
        var first = await Tokens.CreateFirstAsync(CancellationToken.None);
        var second = await Tokens.RotateAsync(AuditActor.Cli, CancellationToken.None);

        Assert.NotEqual(first, second);
        Assert.Null(await _store.FindByVerifierAsync(ApiKeys.Hash(first!), CancellationToken.None));
        Assert.NotNull(await _store.FindByVerifierAsync(ApiKeys.Hash(second), CancellationToken.None));
        Assert.Equal(["token.rotate", "token.create"], await ActionsAsync());
    }

    [Fact]
    public async Task A_revoked_bootstrap_token_comes_back_by_rotation_only()
    {
        var first = await Tokens.CreateFirstAsync(CancellationToken.None);
        var row = await _store.FindByVerifierAsync(ApiKeys.Hash(first!), CancellationToken.None);
        await _store.RevokeAsync(row!.Id, _clock.Now, CancellationToken.None);

        Assert.Null(await Tokens.CreateFirstAsync(CancellationToken.None));
        var second = await Tokens.RotateAsync(AuditActor.Cli, CancellationToken.None);

        Assert.Null((await _store.FindByVerifierAsync(ApiKeys.Hash(second), CancellationToken.None))!.RevokedAt);
    }

    private Task<Credential> CreateAsync(string name) =>
        Users.CreateAsync(name, "secret", CredentialRestrictions.None, AuditActor.Cli, CancellationToken.None).AsTask();

    private async Task<string[]> ActionsAsync() =>
        [.. (await _audit.ListAsync(null, 100, CancellationToken.None)).Select(entry => entry.Action)];
}

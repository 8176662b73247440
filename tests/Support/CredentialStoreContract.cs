using Relay.Senders;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every credential store promises; derive once per store.</summary>
public abstract class CredentialStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected ICredentialStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<ICredentialStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact()
    {
        var credential = Key("shop") with
        {
            AccountId = 3,
            Hint = "rk_abcd",
            AllowedSenders = ["example.com", "info@example.org"],
            AllowedNetworks = ["192.0.2.0/24", "2001:db8::/32"],
            ExpiresAt = At.AddDays(90),
        };
        var added = await Store.AddAsync(credential, None);
        Assert.True(added.Id > 0);
        var found = await Store.FindKeyAsync(3, "shop", None);
        Assert.NotNull(found);
        Assert.Equal(credential.AllowedSenders, found.AllowedSenders);
        Assert.Equal(credential.AllowedNetworks, found.AllowedNetworks);
        Assert.Equal(added, found with { AllowedSenders = added.AllowedSenders, AllowedNetworks = added.AllowedNetworks, Certificates = added.Certificates, Defaults = added.Defaults });
    }

    [Fact]
    public async Task Its_version_grows_with_every_change_of_what_exists()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        List<int> versions = [Store.Version];
        await Store.SetLimitsAsync(added.Id, new SendLimits { EmailsPerDay = 1 }, None);
        versions.Add(Store.Version);
        await Store.SetVerifierAsync(added.Id, "00aa", None);
        versions.Add(Store.Version);
        await Store.RevokeAsync(added.Id, At, None);
        versions.Add(Store.Version);
        await Store.RemoveAsync(added.Id, None);
        versions.Add(Store.Version);
        await Store.FindAsync(added.Id, None);
        Assert.Equal(versions.Distinct().Order(), versions);
        Assert.Equal(versions[^1], Store.Version);
    }

    [Fact]
    public async Task A_certificate_stands_for_one_login_until_it_is_removed()
    {
        var alice = await Store.AddAsync(Key("alice") with { Kind = CredentialKind.SmtpLogin }, None);
        var bob = await Store.AddAsync(Key("bob") with { Kind = CredentialKind.SmtpLogin, Verifier = "00bb" }, None);
        var version = Store.Version;
        await Store.AddCertificateAsync(alice.Id, "sha256:aa", None);
        await Store.AddCertificateAsync(alice.Id, "subject:CN=a", None);
        Assert.True(Store.Version > version);
        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Store.AddCertificateAsync(bob.Id, "sha256:aa", None));

        var found = await Store.FindByCertificateAsync("sha256:aa", None);
        Assert.Equal(alice.Id, found?.Id);
        Assert.Equal(["sha256:aa", "subject:CN=a"], found!.Certificates.Order(StringComparer.Ordinal));
        Assert.Equal(found.Certificates, (await Store.FindByNameAsync(CredentialKind.SmtpLogin, "alice", None))!.Certificates);
        Assert.Empty((await Store.FindAsync(bob.Id, None))!.Certificates);

        Assert.False(await Store.RemoveCertificateAsync(bob.Id, "sha256:aa", None));
        Assert.True(await Store.RemoveCertificateAsync(alice.Id, "sha256:aa", None));
        Assert.Null(await Store.FindByCertificateAsync("sha256:aa", None));
        await Store.RemoveAsync(alice.Id, None);
        Assert.Null(await Store.FindByCertificateAsync("subject:CN=a", None));
        await Store.AddCertificateAsync(bob.Id, "subject:CN=a", None);
    }

    [Fact]
    public async Task Finds_by_verifier()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        Assert.Equal(added.Id, (await Store.FindByVerifierAsync(added.Verifier, None))?.Id);
        Assert.Null(await Store.FindByVerifierAsync("00ff", None));
    }

    [Fact]
    public async Task Refuses_a_taken_name_of_the_same_kind_only()
    {
        await Store.AddAsync(Key("shop"), None);
        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Store.AddAsync(Key("shop"), None));
        await Store.AddAsync(Key("shop") with { Kind = CredentialKind.AdminToken }, None);
        Assert.Equal(2, (await Store.ListAsync(null, None)).Count);
    }

    [Fact]
    public async Task Names_of_keys_are_unique_among_those_in_force_of_an_account()
    {
        var first = await Store.AddAsync(Key("shop"), None);
        var other = await Store.AddAsync(Key("shop") with { AccountId = 2, Verifier = "other" }, None);
        Assert.Equal((first.Id, other.Id), ((await Store.FindKeyAsync(1, "shop", None))!.Id, (await Store.FindKeyAsync(2, "shop", None))!.Id));

        await Store.RevokeAsync(first.Id, At.AddDays(1), None);
        Assert.Null(await Store.FindKeyAsync(1, "shop", None));
        var second = await Store.AddAsync(Key("shop") with { Verifier = "second" }, None);

        Assert.Equal(second.Id, (await Store.FindKeyAsync(1, "shop", None))!.Id);
        Assert.Equal([first.Id, second.Id], (await Store.ListKeysAsync(1, None)).Select(key => key.Id));
        Assert.Equal(At.AddDays(1), (await Store.FindAsync(first.Id, None))!.RevokedAt);
        Assert.Null(await Store.FindAsync(second.Id + 1000, None));
    }

    [Fact]
    public async Task Sets_defaults_of_mail()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        Assert.Null(added.Defaults.Stream);
        Assert.True(await Store.SetDefaultsAsync(added.Id, new MailDefaults { Stream = "broadcast", Tags = ["news", "weekly"] }, None));
        var found = (await Store.FindAsync(added.Id, None))!.Defaults;
        Assert.Equal("broadcast", found.Stream);
        Assert.Equal(["news", "weekly"], found.Tags);
        Assert.False(await Store.SetDefaultsAsync(added.Id + 1000, MailDefaults.None, None));
    }

    [Fact]
    public async Task Sets_limits()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        Assert.Equal(SendLimits.Default, added.Limits);
        var limits = new SendLimits
        {
            RequestsPerSecond = 5,
            EmailsPerDay = 0,
            EmailsPerSecond = 2,
            RecipientsPerSecond = 3,
            RecipientsPerHour = 4,
            RecipientsPerDay = 6,
        };
        Assert.True(await Store.SetLimitsAsync(added.Id, limits, None));
        Assert.Equal(limits, (await Store.FindAsync(added.Id, None))!.Limits);
        Assert.False(await Store.SetLimitsAsync(added.Id + 1000, limits, None));
    }

    [Fact]
    public async Task Lists_one_kind_or_all()
    {
        await Store.AddAsync(Key("b"), None);
        await Store.AddAsync(Key("a"), None);
        await Store.AddAsync(Key("login") with { Kind = CredentialKind.SmtpLogin }, None);
        Assert.Equal(["a", "b"], (await Store.ListAsync(CredentialKind.ApiKey, None)).Select(credential => credential.Name));
        var first = Assert.Single(await Store.PageAsync(CredentialKind.ApiKey, 1, 0, 1, None));
        Assert.Equal(CredentialKind.ApiKey, Assert.Single(await Store.PageAsync(CredentialKind.ApiKey, null, first.Id, 10, None)).Kind);
        Assert.Empty(await Store.PageAsync(CredentialKind.ApiKey, 999, 0, 10, None));
        Assert.Equal(3, (await Store.ListAsync(null, None)).Count);
    }

    [Fact]
    public async Task Replaces_a_verifier()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        Assert.True(await Store.SetVerifierAsync(added.Id, "beef", None));
        Assert.Null(await Store.FindByVerifierAsync(added.Verifier, None));
        Assert.Equal(added.Id, (await Store.FindByVerifierAsync("beef", None))?.Id);
        Assert.False(await Store.SetVerifierAsync(added.Id + 1000, "dead", None));
    }

    [Fact]
    public async Task Revokes_once()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        Assert.True(await Store.RevokeAsync(added.Id, At.AddDays(1), None));
        Assert.False(await Store.RevokeAsync(added.Id, At.AddDays(2), None));
        Assert.Equal(At.AddDays(1), (await Store.FindByNameAsync(CredentialKind.ApiKey, "shop", None))?.RevokedAt);
    }

    [Fact]
    public async Task Removes_and_never_gives_the_id_again()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        Assert.True(await Store.RemoveAsync(added.Id, None));
        Assert.False(await Store.RemoveAsync(added.Id, None));
        Assert.True((await Store.AddAsync(Key("shop"), None)).Id > added.Id);
    }

    [Fact]
    public async Task Marks_the_last_use_and_never_back()
    {
        var added = await Store.AddAsync(Key("shop"), None);
        await Store.MarkUsedAsync(new Dictionary<long, DateTimeOffset> { [added.Id] = At.AddHours(2), [added.Id + 1000] = At }, None);
        await Store.MarkUsedAsync(new Dictionary<long, DateTimeOffset> { [added.Id] = At.AddHours(1) }, None);
        Assert.Equal(At.AddHours(2), (await Store.FindByNameAsync(CredentialKind.ApiKey, "shop", None))?.LastUsedAt);
    }

    private static Credential Key(string name) => new()
    {
        Kind = CredentialKind.ApiKey,
        Name = name,
        Verifier = "cafe" + name,
        Scopes = "send",
        CreatedAt = At,
    };
}

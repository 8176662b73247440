using System.Net;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AccountServiceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly SendersClock _clock = new();
    private readonly MemoryAccountStore _store = new();
    private readonly MemoryCredentialStore _credentials = new();
    private readonly MemoryAuditStore _audit = new();
    private readonly AccountService _accounts;
    private readonly CredentialCheck _check;

    public AccountServiceTests()
    {
        _accounts = new AccountService(_store, _audit, _clock);
        _check = new CredentialCheck(_credentials, _clock, null, _accounts);
    }

    public void Dispose() => _check.Dispose();

    [Fact]
    public async Task An_account_is_created_renamed_and_limited_with_audit_entries()
    {
        var shop = await _accounts.CreateAsync("shop", AuditActor.Cli, None);
        await _accounts.RenameAsync("shop", "store", AuditActor.Cli, None);
        await _accounts.LimitAsync("store", _ => new SendLimits { EmailsPerDay = 5 }, AuditActor.Cli, None);

        var found = (await _accounts.FindAsync(shop.Id, None))!;
        Assert.Equal(("store", 5), (found.Name, found.Limits.EmailsPerDay));
        Assert.Equal(["account.limit", "account.rename", "account.create"], (await _audit.ListAsync(null, 9, None)).Select(entry => entry.Action));
        Assert.All(await _audit.ListAsync(null, 9, None), entry => Assert.Equal(shop.Id, entry.AccountId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a,b")]
    [InlineData("a\n")]
    public async Task A_name_that_cannot_be_used_is_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _accounts.CreateAsync(name, AuditActor.Cli, None).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => _accounts.RenameAsync("default", name, AuditActor.Cli, None).AsTask());
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_changed()
    {
        Assert.Null(await _accounts.RenameAsync("nobody", "somebody", AuditActor.Cli, None));
        Assert.Null(await _accounts.SuspendAsync("nobody", AuditActor.Cli, None));
        Assert.Null(await _accounts.ResumeAsync("nobody", AuditActor.Cli, None));
        Assert.Null(await _accounts.FindAsync(77, None));
        Assert.Empty(await _audit.ListAsync(null, 9, None));
    }

    [Fact]
    public async Task The_default_account_cannot_be_suspended_whatever_its_name()
    {
        await _accounts.RenameAsync("default", "main", AuditActor.Cli, None);

        await Assert.ThrowsAsync<ArgumentException>(() => _accounts.SuspendAsync("main", AuditActor.Cli, None).AsTask());
    }

    [Fact]
    public async Task Accounts_are_found_in_memory_and_changes_are_seen_at_once()
    {
        var shop = await _accounts.CreateAsync("shop", AuditActor.Cli, None);
        await _accounts.FindAsync(shop.Id, None);
        var finds = _store.Finds;
        await _accounts.FindAsync(shop.Id, None);
        Assert.Equal(finds, _store.Finds);

        await _accounts.SuspendAsync("shop", AuditActor.Cli, None);
        Assert.Equal(_clock.Now, (await _accounts.FindAsync(shop.Id, None))!.SuspendedAt);
    }

    [Fact]
    public async Task A_suspended_account_gets_neither_keys_nor_logins_in_until_it_is_resumed()
    {
        var shop = await _accounts.CreateAsync("shop", AuditActor.Cli, None);
        var keys = new ApiKeyService(_credentials, _audit, _clock);
        var (_, key) = await keys.CreateAsync(new ApiKeyDraft("prod", "full") { AccountId = shop.Id }, AuditActor.Cli, None);
        await _credentials.AddAsync(
            new Credential
            {
                AccountId = shop.Id,
                Kind = CredentialKind.SmtpLogin,
                Name = "joe",
                Verifier = ScramVerifier.Create("secret").ToString(),
                Scopes = "smtp",
                CreatedAt = _clock.Now,
            },
            None);
        await _accounts.SuspendAsync("shop", AuditActor.Cli, None);

        Assert.Equal(CredentialOutcome.Suspended, (await _check.CheckBearerAsync(key, IPAddress.Loopback, None)).Outcome);
        Assert.Equal(CredentialOutcome.Suspended, (await _check.CheckPasswordAsync("apikey", key, IPAddress.Loopback, None)).Outcome);
        Assert.Equal(CredentialOutcome.Suspended, (await _check.CheckPasswordAsync("joe", "secret", IPAddress.Loopback, None)).Outcome);
        Assert.Equal(CredentialOutcome.Refused, (await _check.CheckPasswordAsync("joe", "wrong", IPAddress.Loopback, None)).Outcome);

        await _accounts.ResumeAsync("shop", AuditActor.Cli, None);
        Assert.Equal(CredentialOutcome.Accepted, (await _check.CheckBearerAsync(key, IPAddress.Loopback, None)).Outcome);
    }

    [Fact]
    public async Task Admin_tokens_belong_to_no_tenant()
    {
        var token = await new AdminTokens(_credentials, _audit, _clock).RotateAsync(AuditActor.Cli, None);

        Assert.Equal(CredentialOutcome.Accepted, (await _check.CheckBearerAsync(token, IPAddress.Loopback, None)).Outcome);
    }
}

using Relay.Dkim;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of DKIM keys promises; derive once per store.</summary>
public abstract class DkimKeyStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected IDkimKeyStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IDkimKeyStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact()
    {
        var key = Key("example.com", "e1") with { AccountId = 4, Algorithm = DkimAlgorithm.Ed25519Sha256, State = DkimKeyState.Active, ActivatesOnSight = true };
        await Store.AddAsync([key], None);
        var found = Assert.Single(await Store.ListAsync("example.com", None));
        Assert.True(found.Id > 0);
        Assert.Equal(key.SealedPrivateKey.ToArray(), found.SealedPrivateKey.ToArray());
        Assert.Equal(key with { Id = found.Id, SealedPrivateKey = found.SealedPrivateKey }, found);
    }

    [Fact]
    public async Task Adds_all_or_none()
    {
        await Store.AddAsync([Key("example.com", "r1")], None);
        await Assert.ThrowsAsync<DuplicateEntryException>(async () =>
            await Store.AddAsync([Key("example.com", "r2"), Key("example.com", "r1")], None));
        Assert.Equal("r1", Assert.Single(await Store.ListAsync(null, None)).Selector);
        await Store.AddAsync([Key("example.org", "r1")], None);
    }

    [Fact]
    public async Task Lists_one_domain_or_all()
    {
        await Store.AddAsync([Key("example.com", "r1"), Key("example.com", "e1"), Key("example.org", "r1")], None);
        Assert.Equal(["r1", "e1"], (await Store.ListAsync("example.com", None)).Select(key => key.Selector));
        Assert.Equal(3, (await Store.ListAsync(null, None)).Count);
        var first = Assert.Single(await Store.PageAsync("example.com", 0, 1, None));
        Assert.Equal("e1", Assert.Single(await Store.PageAsync("example.com", first.Id, 10, None)).Selector);
        Assert.Equal(3, (await Store.PageAsync(null, 0, 10, None)).Count);
        Assert.Empty(await Store.ListAsync("example.net", None));
    }

    [Fact]
    public async Task Remembers_when_a_pending_key_began_to_sign()
    {
        await Store.AddAsync([Key("example.com", "r1") with { State = DkimKeyState.Pending }], None);
        var id = Assert.Single(await Store.ListAsync(null, None)).Id;
        await Store.SetStateAsync(id, DkimKeyState.Active, At, None);
        await Store.SetStateAsync(id, DkimKeyState.Active, At.AddDays(1), None);
        Assert.Equal(At, Assert.Single(await Store.ListAsync(null, None)).ActivatedAt);
    }

    [Fact]
    public async Task Remembers_when_a_key_left_service()
    {
        await Store.AddAsync([Key("example.com", "r1")], None);
        var id = Assert.Single(await Store.ListAsync(null, None)).Id;
        Assert.True(await Store.SetStateAsync(id, DkimKeyState.Active, At, None));
        Assert.Null(Assert.Single(await Store.ListAsync(null, None)).RetiredAt);
        Assert.True(await Store.SetStateAsync(id, DkimKeyState.Retiring, At.AddDays(1), None));
        Assert.True(await Store.SetStateAsync(id, DkimKeyState.Retired, At.AddDays(2), None));
        var retired = Assert.Single(await Store.ListAsync(null, None));
        Assert.Equal((DkimKeyState.Retired, At.AddDays(1)), (retired.State, retired.RetiredAt));
        Assert.False(await Store.SetStateAsync(id + 1000, DkimKeyState.Active, At, None));
    }

    private static SealedDkimKey Key(string domain, string selector) => new()
    {
        Domain = domain,
        Selector = selector,
        Algorithm = DkimAlgorithm.RsaSha256,
        State = DkimKeyState.Pending,
        SealedPrivateKey = new byte[] { 9, 8, 7, 0 },
        PublicRecord = "v=DKIM1; k=rsa; p=AAAA",
        CreatedAt = At,
    };
}

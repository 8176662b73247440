using Relay.Senders;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every account store promises; derive once per store.</summary>
public abstract class AccountStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected IAccountStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IAccountStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task The_default_account_is_there_from_the_start()
    {
        var account = Assert.Single(await Store.ListAsync(None));
        Assert.Equal((1, "default", false), (account.Id, account.Name, account.IsSuspended));
    }

    [Fact]
    public async Task Keeps_every_fact()
    {
        var added = await Store.AddAsync(
            new Account(0, "shop")
            {
                CreatedAt = At,
                SuspendedAt = At.AddDays(1),
                Limits = new SendLimits
                {
                    RequestsPerSecond = 1,
                    EmailsPerHour = 0,
                    EmailsPerDay = 3,
                    EmailsPerSecond = 4,
                    RecipientsPerSecond = 5,
                    RecipientsPerHour = 6,
                    RecipientsPerDay = 7,
                },
            },
            None);

        Assert.True(added.Id > 1);
        Assert.Equal(added, await Store.FindAsync(added.Id, None));
        Assert.Equal(added, await Store.FindByNameAsync("shop", None));
        Assert.Equal([1, added.Id], (await Store.ListAsync(None)).Select(account => account.Id));
        Assert.Equal([1], (await Store.PageAsync(0, 1, None)).Select(account => account.Id));
        Assert.Equal([added.Id], (await Store.PageAsync(1, 10, None)).Select(account => account.Id));
        Assert.Empty(await Store.PageAsync(added.Id, 10, None));
        Assert.Null(await Store.FindAsync(added.Id + 1000, None));
        Assert.Null(await Store.FindByNameAsync("Shop", None));
    }

    [Fact]
    public async Task A_name_belongs_to_one_account()
    {
        var shop = await Store.AddAsync(new Account(0, "shop") { CreatedAt = At }, None);

        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Store.AddAsync(new Account(0, "shop") { CreatedAt = At }, None));
        await Assert.ThrowsAsync<DuplicateEntryException>(async () => await Store.UpdateAsync(shop with { Name = "default" }, None));
        Assert.Equal("shop", (await Store.FindAsync(shop.Id, None))!.Name);
    }

    [Fact]
    public async Task Writes_name_suspension_and_limits()
    {
        var shop = await Store.AddAsync(new Account(0, "shop") { CreatedAt = At }, None);
        var changed = shop with { Name = "store", SuspendedAt = At, Limits = new SendLimits { EmailsPerHour = 7, EmailsPerSecond = 1, RecipientsPerSecond = 2, RecipientsPerHour = 3, RecipientsPerDay = 4 } };

        Assert.Empty(await Store.SuspendedAsync(10, None));
        Assert.True(await Store.UpdateAsync(changed, None));
        Assert.Equal(changed, await Store.FindAsync(shop.Id, None));
        Assert.Equal(changed, Assert.Single(await Store.SuspendedAsync(10, None)));
        Assert.Empty(await Store.SuspendedAsync(0, None));
        Assert.False(await Store.UpdateAsync(changed with { Id = shop.Id + 1000, Name = "other" }, None));
    }
}

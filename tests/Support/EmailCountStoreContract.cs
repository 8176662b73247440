using Relay.Platform.Quotas;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of quota counts promises; derive once per store.</summary>
public abstract class EmailCountStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected IEmailCountStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IEmailCountStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task What_was_never_counted_is_null()
    {
        await Store.WriteAsync([], None);
        Assert.Null(await Store.FindAsync(new QuotaSubject(QuotaScope.Key, 1), None));
    }

    [Fact]
    public async Task Keeps_subjects_apart_and_replaces_their_counts()
    {
        var account = new EmailCount(new QuotaSubject(QuotaScope.Account, 7), 7, 490_000, 3, 20_416, 40);
        var key = new EmailCount(new QuotaSubject(QuotaScope.Key, 7), 9, 490_000, 1, 20_416, 2) { HourRecipients = 5, DayRecipients = 6 };
        var domain = new EmailCount(new QuotaSubject(QuotaScope.Domain, 7), 9, 490_001, long.MaxValue, 20_417, 0);
        await Store.WriteAsync([account, key, domain], None);

        var later = account with { Hour = 490_001, HourCount = 1, DayCount = 41 };
        await Store.WriteAsync([later], None);

        Assert.Equal(later, await Store.FindAsync(account.Subject, None));
        Assert.Equal(key, await Store.FindAsync(key.Subject, None));
        Assert.Equal(domain, await Store.FindAsync(domain.Subject, None));
    }

    [Fact]
    public async Task Counts_outlive_a_restart()
    {
        var count = new EmailCount(new QuotaSubject(QuotaScope.Account, 1), 1, 490_000, 3, 20_416, 40);
        await Store.WriteAsync([count], None);

        Store = await ReopenAsync();

        Assert.Equal(count, await Store.FindAsync(count.Subject, None));
    }

    protected virtual Task<IEmailCountStore> ReopenAsync() => Task.FromResult(Store);
}

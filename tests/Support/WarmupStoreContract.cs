using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of warm-up progress promises; derive once per store.</summary>
public abstract class WarmupStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected IWarmupStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IWarmupStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_every_fact_and_the_newest_of_each()
    {
        var progress = new WarmupProgress
        {
            Plan = "new",
            Site = "google",
            Day = 3,
            Date = new DateOnly(2030, 1, 4),
            Sent = 5,
            Delivered = 4,
            Deferred = 3,
            Bounced = 2,
            Complaints = 1,
            PausedUntil = new DateTimeOffset(2030, 1, 4, 5, 6, 7, TimeSpan.Zero),
            PauseReason = "too much",
        };
        await Store.SaveAsync([progress with { Sent = 1 }, progress with { Site = "yahoo", PausedUntil = null, PauseReason = null }], null, None);
        await Store.SaveAsync([progress], 7, None);

        Assert.Equal([progress, progress with { Site = "yahoo", PausedUntil = null, PauseReason = null }], await Store.LoadAsync(None));
        Assert.Equal(7, await Store.CursorAsync(None));
    }

    [Fact]
    public async Task The_cursor_stays_where_none_is_given()
    {
        Assert.Equal(0, await Store.CursorAsync(None));
        await Store.SaveAsync([], 9, None);
        await Store.SaveAsync([], null, None);

        Assert.Equal(9, await Store.CursorAsync(None));
    }
}

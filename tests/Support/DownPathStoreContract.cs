using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every store of dead paths promises; derive once per store.</summary>
public abstract class DownPathStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    protected IDownPathStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<IDownPathStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Keeps_each_key_of_each_path_with_when_it_was_seen_last()
    {
        await SaveAsync([], Key("b.test", "one", 1), Key("a.test", "one", 1), Key("b.test", "two", 2));
        await SaveAsync([], Key("b.test", "one", 5));

        Assert.Equal([Key("a.test", "one", 1), Key("b.test", "one", 5), Key("b.test", "two", 2)], await LoadAsync());
        Assert.Equal([Key("b.test", "one", 5), Key("b.test", "two", 2)], await LoadAsync(2));
    }

    [Fact]
    public async Task A_path_that_is_gone_takes_its_keys_with_it_and_no_others()
    {
        await SaveAsync([], Key("a.test", "one", 1), Key("b.test", "one", 1), Key("a.test", "one", 1) with { Source = "other" });
        await SaveAsync([("a.test", "default")], Key("a.test", "two", 2));

        Assert.Equal([Key("a.test", "two", 2), Key("a.test", "one", 1) with { Source = "other" }, Key("b.test", "one", 1)], await LoadAsync());
    }

    [Fact]
    public async Task What_was_seen_too_long_ago_is_forgotten()
    {
        await SaveAsync([], Key("a.test", "old", 1), Key("a.test", "new", 3));
        await Store.SaveAsync(new DownPathChanges([], [], Now.AddMinutes(2)));

        Assert.Equal([Key("a.test", "new", 3)], await LoadAsync());
    }

    private static DownKey Key(string site, string key, int minute) => new(site, "default", key, Now.AddMinutes(minute));

    private async Task SaveAsync((string Site, string Source)[] gone, params DownKey[] seen) => await Store.SaveAsync(new DownPathChanges(gone, seen, Now));

    private async Task<IReadOnlyList<DownKey>> LoadAsync(int limit = 100) => await Store.LoadAsync(limit, CancellationToken.None);
}

using Relay.Mail;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SuppressionFilterTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    private ISuppressionStore Store => _stores.Stores.Suppressions;

    public Task InitializeAsync() => _stores.OpenAsync();

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public void Proves_absence_and_never_denies_what_was_added()
    {
        var filter = new SuppressionFilter();
        var listed = Enumerable.Range(0, 20_000).Select(i => $"listed{i}@example.net").ToList();
        listed.ForEach(address => filter.Add(1, address));

        Assert.All(listed, address => Assert.True(filter.MayContain(1, address)));
        var others = Enumerable.Range(0, 20_000).Count(i => filter.MayContain(1, $"other{i}@example.net"));
        Assert.InRange(others, 0, 400);
    }

    [Fact]
    public void Is_worn_when_it_is_full_or_much_of_it_is_gone()
    {
        var filter = new SuppressionFilter();
        Assert.False(filter.IsWorn);
        for (var i = 0; i <= filter.Capacity / 4; i++)
        {
            filter.Removed();
        }

        Assert.True(filter.IsWorn);
        Assert.InRange(new SuppressionFilter(int.MaxValue).SizeBytes, 1, 128 << 20);
    }

    [Fact]
    public async Task Nothing_is_missing_while_and_after_the_filter_is_made_anew()
    {
        var store = (SqliteSuppressionStore)Store;
        await Store.AddRangeAsync([.. Enumerable.Range(0, 200).Select(i => Entry($"old{i}@example.net"))], None);
        store.Index.Removed((SuppressionFilter.MinCapacity / 4) + 1);
        store.Index.RenewIfWorn();
        await Store.AddRangeAsync([.. Enumerable.Range(0, 200).Select(i => Entry($"new{i}@example.net"))], None);
        await store.Index.Building;
        foreach (var kind in new[] { "old", "new" })
        {
            var asked = Enumerable.Range(0, 200).Select(i => Mailbox.Parse($"{kind}{i}@example.net")).ToList();
            Assert.Equal(200, (await Store.FindAsync(new SuppressionQuery(1, asked), None)).Count);
        }
    }

    [Fact]
    public async Task Knows_after_a_restart_what_was_listed_before()
    {
        await Store.AddAsync(Entry("kept@example.net"), None);
        await Store.AddAsync(Entry("gone@example.net"), None);
        await Store.RemoveAsync(1, "gone@example.net", null, None);
        await _stores.ReopenAsync();

        var found = await Store.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("gone@example.net"), Mailbox.Parse("Kept@Example.Net")]), None);

        Assert.Equal("kept@example.net", Assert.Single(found).Address);
    }

    [Fact]
    public async Task An_address_listed_again_after_its_removal_is_found()
    {
        for (var round = 0; round < 3; round++)
        {
            Assert.True(await Store.AddAsync(Entry("a@example.net"), None));
            Assert.True(await Store.AddAsync(Entry("a@example.net") with { Reason = SuppressionReason.Complaint }, None));
            Assert.False(await Store.AddAsync(Entry("a@example.net") with { Reason = SuppressionReason.Complaint }, None));
            Assert.Single(await Store.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("a@example.net")]), None));
            Assert.Equal(1, await Store.RemoveAsync(1, "a@example.net", null, None));
            Assert.Empty(await Store.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("a@example.net")]), None));
        }
    }

    [Fact]
    public async Task An_answer_without_a_suspect_needs_no_database()
    {
        var store = Store;
        await store.AddAsync(Entry("a@example.net"), None);
        await _stores.CloseAsync();

        Assert.Empty(await store.FindAsync(new SuppressionQuery(2, [Mailbox.Parse("b@example.net")]), None));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("a@example.net")]), None));
    }

    private static Suppression Entry(string address) =>
        new() { Address = address, Reason = SuppressionReason.Manual, CreatedAt = DateTimeOffset.UnixEpoch };
}

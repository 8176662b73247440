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
    public void Keeps_an_address_whose_neighbour_in_the_slot_is_removed()
    {
        // The same address twice stands for two addresses with one hash.
        var filter = new SuppressionFilter();
        filter.Add(1, "a@example.net");
        filter.Add(1, "a@example.net");
        filter.Remove(1, "a@example.net");
        Assert.True(filter.MayContain(1, "a@example.net"));
        filter.Remove(1, "a@example.net");
        Assert.False(filter.MayContain(1, "a@example.net"));
    }

    [Fact]
    public void A_slot_that_lost_count_stays_full()
    {
        var filter = new SuppressionFilter();
        for (var i = 0; i < 300; i++)
        {
            filter.Add(1, "a@example.net");
        }

        for (var i = 0; i < 300; i++)
        {
            filter.Remove(1, "a@example.net");
        }

        Assert.True(filter.MayContain(1, "a@example.net"));
    }

    [Fact]
    public async Task Knows_after_a_restart_what_was_listed_before()
    {
        await Store.AddAsync(Entry("kept@example.net"), None);
        await Store.AddAsync(Entry("gone@example.net"), None);
        await Store.RemoveAsync(1, "gone@example.net", None);
        await _stores.ReopenAsync();

        var found = await Store.FindAsync(1, [Mailbox.Parse("gone@example.net"), Mailbox.Parse("Kept@Example.Net")], None);

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
            Assert.Single(await Store.FindAsync(1, [Mailbox.Parse("a@example.net")], None));
            Assert.True(await Store.RemoveAsync(1, "a@example.net", None));
            Assert.Empty(await Store.FindAsync(1, [Mailbox.Parse("a@example.net")], None));
        }
    }

    [Fact]
    public async Task An_answer_without_a_suspect_needs_no_database()
    {
        var store = Store;
        await store.AddAsync(Entry("a@example.net"), None);
        await _stores.CloseAsync();

        Assert.Empty(await store.FindAsync(2, [Mailbox.Parse("b@example.net")], None));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.FindAsync(1, [Mailbox.Parse("a@example.net")], None));
    }

    private static Suppression Entry(string address) =>
        new() { Address = address, Reason = SuppressionReason.Manual, CreatedAt = DateTimeOffset.UnixEpoch };
}

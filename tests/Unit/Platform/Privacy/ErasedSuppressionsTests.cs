using Relay.Mail;
using Relay.Platform.Privacy;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ErasedSuppressionsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Mailbox Jane = Mailbox.Parse("Jane@example.com");

    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;
    private readonly AddressHasher _hasher = new(KeyRing.Parse(KeyRing.CreateText()));

    public ErasedSuppressionsTests() => _stores = new TemporaryStores(_time);

    private ErasedSuppressions List => new(_stores.Stores.Suppressions, _hasher);

    public async Task InitializeAsync()
    {
        await _stores.OpenAsync();
        await List.AddAsync(
            new Suppression { Address = "jane@example.com", Reason = SuppressionReason.HardBounce, Detail = "550 <jane@example.com> unknown", CreatedAt = _time.GetUtcNow() }, None);
    }

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Fact]
    public async Task An_erased_entry_goes_on_suppressing_also_after_a_restart()
    {
        Assert.False(List.HasErased);
        Assert.Equal(1, await EraseAsync());
        Assert.Equal(0, await EraseAsync());
        await _stores.ReopenAsync();
        Assert.True(List.HasErased);
        var found = Assert.Single(await List.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("joan@example.com"), Jane]), None));
        Assert.Equal(("jane@example.com", SuppressionReason.HardBounce), (found.Address, found.Entry.Reason));
        Assert.Empty(await List.FindAsync(new SuppressionQuery(2, [Jane]), None));
    }

    [Fact]
    public async Task The_list_shows_no_clear_address()
    {
        await EraseAsync();
        var entry = Assert.Single(await List.ListAsync(new SuppressionListing(1), None));
        Assert.Matches("^erased-[0-9a-f]{32}@erased\\.invalid$", entry.Address);
        Assert.DoesNotContain("jane", entry.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_in_clear_removes_the_erased_entry()
    {
        await EraseAsync();
        Assert.Equal(1, await List.RemoveAsync(1, "jane@example.com", null, None));
        Assert.Empty(await List.FindAsync(new SuppressionQuery(1, [Jane]), None));
        Assert.Equal(0, await List.RemoveAsync(1, "jane@example.com", null, None));
    }

    private ValueTask<int> EraseAsync() =>
        _stores.Stores.Erasables.Single(store => store.Name == "suppressions").EraseAsync(new Erasure(Jane, 1, _hasher), None);
}

using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every suppression store promises; derive once per store.</summary>
public abstract class SuppressionStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    protected ISuppressionStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => CloseAsync();

    protected abstract Task<ISuppressionStore> OpenAsync();

    protected abstract Task CloseAsync();

    [Fact]
    public async Task Finds_the_suppressed_among_many_without_regard_to_case()
    {
        var bounced = Entry("user@example.net") with { Reason = SuppressionReason.HardBounce, Detail = "550 5.1.1" };
        Assert.True(await Store.AddAsync(bounced, None));
        var found = await Store.FindAsync(1, [Mailbox.Parse("other@example.net"), Mailbox.Parse("User@EXAMPLE.net")], None);
        Assert.Equal(bounced, Assert.Single(found));
    }

    [Fact]
    public async Task Says_when_an_equal_one_stood_already()
    {
        Assert.True(await Store.AddAsync(Entry("a@example.net"), None));
        Assert.False(await Store.AddAsync(Entry("a@example.net") with { CreatedAt = At.AddDays(1) }, None));
        Assert.Equal(At, Assert.Single(await Store.ListAsync(1, null, 10, None)).CreatedAt);
    }

    [Fact]
    public async Task Replaces_one_with_another_reason()
    {
        await Store.AddAsync(Entry("a@example.net"), None);
        Assert.True(await Store.AddAsync(Entry("a@example.net") with { Reason = SuppressionReason.Complaint }, None));
        Assert.Equal(SuppressionReason.Complaint, Assert.Single(await Store.ListAsync(1, null, 10, None)).Reason);
    }

    [Fact]
    public async Task Removes_once()
    {
        await Store.AddAsync(Entry("a@example.net"), None);
        Assert.True(await Store.RemoveAsync(1, "A@example.net", None));
        Assert.False(await Store.RemoveAsync(1, "a@example.net", None));
        Assert.Empty(await Store.FindAsync(1, [Mailbox.Parse("a@example.net")], None));
    }

    [Fact]
    public async Task Keeps_accounts_apart()
    {
        await Store.AddAsync(Entry("a@example.net") with { AccountId = 2 }, None);
        Assert.Empty(await Store.FindAsync(1, [Mailbox.Parse("a@example.net")], None));
        Assert.Empty(await Store.ListAsync(1, null, 10, None));
        Assert.False(await Store.RemoveAsync(1, "a@example.net", None));
        Assert.Single(await Store.ListAsync(2, null, 10, None));
    }

    [Fact]
    public async Task Lists_by_address_in_pages()
    {
        foreach (var name in new[] { "c", "a", "b" })
        {
            await Store.AddAsync(Entry(name + "@example.net"), None);
        }

        var first = await Store.ListAsync(1, null, 2, None);
        Assert.Equal(["a@example.net", "b@example.net"], first.Select(entry => entry.Address));
        Assert.Equal("c@example.net", Assert.Single(await Store.ListAsync(1, first[^1].Address, 2, None)).Address);
    }

    private static Suppression Entry(string address) => new() { Address = address, Reason = SuppressionReason.Manual, CreatedAt = At };
}

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
        var found = await FindAsync("other@example.net", "User@EXAMPLE.net");
        Assert.Equal(new SuppressionMatch("user@example.net", bounced), Assert.Single(found));
    }

    [Fact]
    public async Task Says_when_an_equal_one_stood_already()
    {
        Assert.True(await Store.AddAsync(Entry("a@example.net"), None));
        Assert.False(await Store.AddAsync(Entry("a@example.net") with { CreatedAt = At.AddDays(1) }, None));
        Assert.Equal(At, Assert.Single(await ListAsync(1)).CreatedAt);
    }

    [Fact]
    public async Task Replaces_one_with_another_reason()
    {
        await Store.AddAsync(Entry("a@example.net"), None);
        Assert.True(await Store.AddAsync(Entry("a@example.net") with { Reason = SuppressionReason.Complaint }, None));
        Assert.Equal(SuppressionReason.Complaint, Assert.Single(await ListAsync(1)).Reason);
    }

    [Fact]
    public async Task Removes_once()
    {
        await Store.AddAsync(Entry("a@example.net"), None);
        Assert.Equal(1, await Store.RemoveAsync(1, "A@example.net", null, None));
        Assert.Equal(0, await Store.RemoveAsync(1, "a@example.net", null, None));
        Assert.Empty(await FindAsync("a@example.net"));
    }

    [Fact]
    public async Task Keeps_accounts_apart()
    {
        await Store.AddAsync(Entry("a@example.net") with { AccountId = 2 }, None);
        Assert.Empty(await FindAsync("a@example.net"));
        Assert.Empty(await ListAsync(1));
        Assert.Equal(0, await Store.RemoveAsync(1, "a@example.net", null, None));
        Assert.Single(await ListAsync(2));
    }

    [Fact]
    public async Task Lists_by_address_in_pages()
    {
        foreach (var name in new[] { "c", "a", "b" })
        {
            await Store.AddAsync(Entry(name + "@example.net"), None);
        }

        var first = await Store.ListAsync(new SuppressionListing(1) { Limit = 2 }, None);
        Assert.Equal(["a@example.net", "b@example.net"], first.Select(entry => entry.Address));
        Assert.Equal("c@example.net", Assert.Single(await Store.ListAsync(new SuppressionListing(1) { After = first[^1].Address, Limit = 2 }, None)).Address);
    }

    [Fact]
    public async Task Entries_of_a_stream_or_list_hold_only_for_that()
    {
        var stream = Entry("stream@example.net") with { Scope = SuppressionScope.Of(MailStream.Broadcast), Reason = SuppressionReason.Unsubscribe };
        var list = Entry("list@example.net") with { Scope = SuppressionScope.OfList("news"), Reason = SuppressionReason.Unsubscribe };
        await Store.AddRangeAsync([stream, list], None);
        Mailbox[] both = [Mailbox.Parse("stream@example.net"), Mailbox.Parse("list@example.net")];
        Assert.Empty(await Store.FindAsync(new SuppressionQuery(1, both) { Stream = MailStream.Transactional, ListId = "other" }, None));
        Assert.Equal([stream], (await Store.FindAsync(new SuppressionQuery(1, both) { Stream = MailStream.Broadcast }, None)).Select(match => match.Entry));
        Assert.Equal([list], (await Store.FindAsync(new SuppressionQuery(1, both) { ListId = "news" }, None)).Select(match => match.Entry));
    }

    [Fact]
    public async Task The_same_address_stands_in_several_scopes_and_the_widest_is_told()
    {
        var narrow = Entry("a@example.net") with { Scope = SuppressionScope.OfList("news") };
        var wide = Entry("a@example.net") with { Reason = SuppressionReason.Complaint };
        await Store.AddAsync(narrow, None);
        await Store.AddAsync(wide, None);
        var found = await Store.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("a@example.net")]) { ListId = "news" }, None);
        Assert.Equal(wide, Assert.Single(found).Entry);
        Assert.Equal([narrow], await Store.ListAsync(new SuppressionListing(1) { Scope = SuppressionScope.OfList("news") }, None));
        Assert.Equal([narrow], await Store.ListAsync(new SuppressionListing(1) { After = "a@example.net" }, None));
        Assert.Equal([wide], await Store.ListAsync(new SuppressionListing(1) { Reason = SuppressionReason.Complaint }, None));
        Assert.Equal(1, await Store.RemoveAsync(1, "a@example.net", SuppressionScope.Account, None));
        Assert.Equal(narrow, Assert.Single(await Store.FindAsync(new SuppressionQuery(1, [Mailbox.Parse("a@example.net")]) { ListId = "news" }, None)).Entry);
        Assert.Equal(1, await Store.RemoveAsync(1, "a@example.net", null, None));
    }

    [Fact]
    public async Task Patterns_hold_a_whole_domain_or_a_local_part_everywhere()
    {
        await Store.AddRangeAsync([Entry("*@example.org"), Entry("abuse@*")], None);
        var found = await FindAsync("any.one@Example.org", "Abuse@example.net", "other@example.net", "any@sub.example.org");
        Assert.Equal([("any.one@example.org", "*@example.org"), ("abuse@example.net", "abuse@*")], found.Select(match => (match.Address, match.Entry.Address)));
        Assert.Equal(1, await Store.RemoveAsync(1, "*@example.org", null, None));
        Assert.Empty(await FindAsync("any.one@example.org"));
    }

    [Fact]
    public async Task An_entry_ends_when_its_time_is_over()
    {
        await Store.AddAsync(Entry("past@example.net") with { ExpiresAt = At.AddYears(-1) }, None);
        await Store.AddAsync(Entry("future@example.net") with { ExpiresAt = At.AddYears(500) }, None);
        Assert.Equal("future@example.net", Assert.Single(await FindAsync("past@example.net", "future@example.net")).Address);
        Assert.Equal(1, await Store.PruneAsync(At, 10, None));
        Assert.Equal(0, await Store.PruneAsync(At, 10, None));
        Assert.Equal("future@example.net", Assert.Single(await ListAsync(1)).Address);
    }

    [Fact]
    public async Task What_somebody_said_is_not_replaced_by_a_bounce()
    {
        await Store.AddAsync(Entry("a@example.net") with { Reason = SuppressionReason.Complaint }, None);
        Assert.False(await Store.AddAsync(Entry("a@example.net") with { Reason = SuppressionReason.HardBounce, ExpiresAt = At.AddYears(500) }, None));
        Assert.Equal(SuppressionReason.Complaint, Assert.Single(await ListAsync(1)).Reason);
    }

    [Fact]
    public async Task Notices_make_an_entry_when_there_are_enough_within_the_window()
    {
        await NoticeAsync("a@example.net", At, through: 1);
        Assert.Empty(await FindAsync("a@example.net"));
        await NoticeAsync("a@example.net", At.AddDays(8), through: 2);
        Assert.Empty(await FindAsync("a@example.net"));
        await NoticeAsync("a@example.net", At.AddDays(9), through: 3);
        Assert.Single(await FindAsync("a@example.net"));
    }

    [Fact]
    public async Task Notices_told_again_count_once()
    {
        await NoticeAsync("a@example.net", At, through: 7);
        await NoticeAsync("a@example.net", At, through: 7);
        Assert.Empty(await FindAsync("a@example.net"));
        Assert.Equal(7, await Store.CursorAsync(None));
    }

    [Fact]
    public async Task Many_are_added_at_once()
    {
        var entries = Enumerable.Range(0, 1200).Select(i => Entry($"user{i}@example.net")).ToList();
        Assert.Equal(1200, await Store.AddRangeAsync(entries, None));
        Assert.Equal(0, await Store.AddRangeAsync(entries, None));
        Assert.Single(await FindAsync("user1199@example.net"));
    }

    [Fact]
    public async Task All_facts_of_an_entry_are_kept()
    {
        var entry = Entry("a@example.net") with
        {
            Reason = SuppressionReason.HardBounce,
            Detail = "550 5.1.1",
            Evidence = "rule user-unknown",
            MessageId = QueueId.New(At),
            ExpiresAt = At.AddYears(400),
        };
        await Store.AddAsync(entry, None);
        Assert.Equal(entry, Assert.Single(await ListAsync(1)));
    }

    private ValueTask NoticeAsync(string address, DateTimeOffset at, long through) => Store.ApplyAsync(
        [new SuppressionNotice(Entry(address) with { Reason = SuppressionReason.HardBounce, CreatedAt = at }, 2, TimeSpan.FromDays(7))], through, None);

    private ValueTask<IReadOnlyList<SuppressionMatch>> FindAsync(params string[] addresses) =>
        Store.FindAsync(new SuppressionQuery(1, [.. addresses.Select(address => Mailbox.Parse(address))]), None);

    private ValueTask<IReadOnlyList<Suppression>> ListAsync(long accountId) => Store.ListAsync(new SuppressionListing(accountId), None);

    private static Suppression Entry(string address) => new() { Address = address, Reason = SuppressionReason.Manual, CreatedAt = At };
}

using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class QueueRestartTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new();
    private readonly TemporaryStores _stores;

    public QueueRestartTests() => _stores = new TemporaryStores(_time);

    private IQueueStore Queue => _stores.Stores.Queue;

    public Task InitializeAsync() => _stores.OpenAsync();

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public async Task Returns_what_an_earlier_epoch_leased_with_attempts_unchanged()
    {
        var draft = Drafts.Message(_time.GetUtcNow(), "a@example.net");
        await Queue.EnqueueAsync([draft]);
        var first = Assert.Single(await Queue.LeaseDueAsync(QueueLane.Of("example.net"), 10, None));
        await Queue.SettleAsync(Drafts.Outcome(first, RecipientState.Deferred, _time.GetUtcNow(), _time.GetUtcNow()));
        var leased = Assert.Single(await Queue.LeaseDueAsync(QueueLane.Of("example.net"), 10, None));
        await _stores.ReopenAsync();

        var recipient = Assert.Single((await Queue.FindAsync(draft.Message.Id, None))!.Recipients);
        Assert.Equal((RecipientState.Ready, 1), (recipient.State, recipient.Attempts));
        Assert.False(await Queue.SettleAsync(Drafts.Outcome(leased, RecipientState.Delivered, _time.GetUtcNow())));
        Assert.Equal("example.net", Assert.Single(await Queue.DueLanesAsync(_time.GetUtcNow(), null, 10, None)).QueueKey);
        var again = Assert.Single(await Queue.LeaseDueAsync(QueueLane.Of("example.net"), 10, None));
        Assert.True(again.Lease.Epoch > leased.Lease.Epoch);
        Assert.True(await Queue.SettleAsync(Drafts.Outcome(again, RecipientState.Delivered, _time.GetUtcNow())));
    }

    [Fact]
    public async Task Returns_more_leases_than_fit_into_one_piece()
    {
        await Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), RecipientState.Leased, [.. Enumerable.Range(0, 2500).Select(i => $"u{i}@example.net")])]);
        await _stores.ReopenAsync();
        var summary = await Queue.SummaryAsync(5, None);
        Assert.Equal(new Dictionary<RecipientState, long> { [RecipientState.Ready] = 2500 }, summary.ByState);
        Assert.Equal(2500, Assert.Single(summary.ByKey).Waiting);
    }

    [Fact]
    public async Task Keeps_states_summaries_and_events()
    {
        var now = _time.GetUtcNow();
        await Queue.EnqueueAsync(
            [
                Drafts.Message(now, "a@example.net"),
                Drafts.Message(now, RecipientState.Held, "b@example.net"),
                Drafts.Message(now, [Drafts.Recipient("c@example.org", RecipientState.Scheduled, now.AddHours(1))]),
            ]);
        var before = await Queue.SummaryAsync(5, None);
        var events = await _stores.Stores.Outbox.ReadAsync(0, 100, None);
        await _stores.ReopenAsync();
        var after = await Queue.SummaryAsync(5, None);
        Assert.Equal(before.ByState, after.ByState);
        Assert.Equal(before.ByKey, after.ByKey);
        Assert.Equal(events, await _stores.Stores.Outbox.ReadAsync(0, 100, None));
    }

    [Fact]
    public async Task Never_gives_an_event_sequence_twice_even_when_all_were_pruned()
    {
        await Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), "a@example.net")]);
        var last = (await _stores.Stores.Outbox.ReadAsync(0, 100, None))[^1].Sequence;
        await _stores.Stores.Outbox.PruneAsync(last, None);
        await _stores.ReopenAsync();
        await Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), "a@example.net")]);
        Assert.True((await _stores.Stores.Outbox.ReadAsync(0, 100, None))[0].Sequence > last);
    }

    [Fact]
    public async Task Reads_inline_content_again()
    {
        await Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), "a@example.net")]);
        await _stores.ReopenAsync();
        var task = Assert.Single(await Queue.LeaseDueAsync(QueueLane.Of("example.net"), 10, None));
        await using var stream = await _stores.Stores.Spool.OpenAsync(task.Variant.Content, None);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(Drafts.Content, copy.ToArray());
    }

    [Fact]
    public async Task Says_that_inline_content_is_gone_when_retention_took_it()
    {
        var task = Assert.Single(await Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), RecipientState.Leased, "a@example.net")]));
        await Queue.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, _time.GetUtcNow()));
        await Queue.ApplyRetentionAsync(new RetentionRules(), None);
        await Assert.ThrowsAsync<SpoolException>(async () => await _stores.Stores.Spool.OpenAsync(task.Variant.Content, None));
    }

    [Fact]
    public async Task Refuses_work_after_it_was_closed()
    {
        var queue = Queue;
        await _stores.CloseAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            await queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), "a@example.net")]));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await queue.SummaryAsync(1, None));
    }

    [Fact]
    public async Task Leaves_no_write_ahead_log_behind_when_closed()
    {
        await Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), "a@example.net")]);
        await _stores.CloseAsync();
        var wal = new FileInfo(Path.Combine(_stores.Folder, "relay.db-wal"));
        Assert.True(!wal.Exists || wal.Length == 0);
    }

    [Fact]
    public async Task Refuses_a_second_process_and_names_the_first()
    {
        var other = new TemporaryStores(_time);
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await other.OpenAsync(change: _ => _stores.Options));
        Assert.Contains($"process {Environment.ProcessId}", failure.Message, StringComparison.Ordinal);
        await _stores.ReopenAsync();
    }
}

using Microsoft.Win32.SafeHandles;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The journal in its file, over ends of the process at any moment.</summary>
public sealed class HandoffJournalTests : IAsyncLifetime
{
    private const int JournalBytes = 64 * 1024;

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly HandoffPeer Peer = new("mx.example.net", "192.0.2.1", "example.net", "default", null);
    private static readonly HandoffAnswer Sent = new(true, new SmtpReply(250, EnhancedStatusCode.Parse("2.0.0"), "first", "queued as 7"));
    private static readonly HandoffAnswer NotSent = new(false, SmtpReply.Of(451, "4.3.0", "later"));

    private readonly ManualTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(100));
    private readonly FaultySync _sync = new();
    private readonly TemporaryStores _stores;

    public HandoffJournalTests() => _stores = new TemporaryStores(_time);

    private IHandoffJournal Journal => _stores.Stores.Handoffs;

    private string JournalFile => Path.Combine(_stores.Folder, "handoff.journal");

    public async Task InitializeAsync()
    {
        await OpenAsync();
        Journal.Start();
    }

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public async Task Tells_sent_not_sent_and_unknown_apart_when_the_process_ended()
    {
        var tasks = await LeaseAsync(4);
        foreach (var task in tasks[1..])
        {
            Assert.True(await BeginAsync(task));
        }

        Answer(tasks[2], NotSent);
        Answer(tasks[3], Sent);
        await ReopenAsync();

        var left = await Journal.LeftAsync(None);
        Assert.Equal([tasks[1].Lease, tasks[3].Lease], left.Select(l => l.Task.Lease));
        Assert.Equal(new HandoffNote(Peer, null), Note(left[0]));
        Assert.True(Note(left[1]).Answer!.IsSent);
        Assert.Equal(Sent.Reply, Note(left[1]).Answer!.Reply);
        Assert.Equal([RecipientState.Ready, RecipientState.Leased, RecipientState.Ready, RecipientState.Leased], await StatesAsync(tasks));
    }

    [Fact]
    public async Task What_was_left_settles_under_its_old_lease_and_is_forgotten()
    {
        var task = (await LeaseAsync(1))[0];
        await BeginAsync(task);
        await ReopenAsync();

        Assert.True(await _stores.Stores.Queue.SettleAsync(Drafts.Outcome(Assert.Single(await Journal.LeftAsync(None)).Task, RecipientState.Delivered, _time.GetUtcNow())));
        Journal.Start();
        await ReopenAsync();

        Assert.Empty(await Journal.LeftAsync(None));
        Assert.Equal([RecipientState.Delivered], await StatesAsync([task]));
    }

    [Fact]
    public async Task A_note_of_an_earlier_lease_says_nothing_about_a_later_one()
    {
        var task = (await LeaseAsync(1))[0];
        await BeginAsync(task);
        await _stores.Stores.Queue.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, _time.GetUtcNow(), _time.GetUtcNow()));
        Assert.Single(await _stores.Stores.Queue.LeaseDueAsync(QueueLane.Of("example.net"), 10, None));

        await ReopenAsync();

        Assert.Empty(await Journal.LeftAsync(None));
        Assert.Equal([RecipientState.Ready], await StatesAsync([task]));
    }

    [Fact]
    public async Task A_record_cut_short_costs_that_record_alone()
    {
        var tasks = await LeaseAsync(2);
        await BeginAsync(tasks[0]);
        await BeginAsync(tasks[1]);
        await _stores.CloseAsync();
        Damage();

        await OpenAsync();

        Assert.Equal(tasks[0].Lease, Assert.Single(await Journal.LeftAsync(None)).Task.Lease);
        Assert.Equal([RecipientState.Leased, RecipientState.Ready], await StatesAsync(tasks));
    }

    [Fact]
    public async Task What_is_in_force_survives_many_turns_of_the_file()
    {
        var kept = (await LeaseAsync(1))[0];
        await BeginAsync(kept);
        Answer(kept, Sent);
        for (var i = 0; i < 2_000; i++)
        {
            var lease = new LeaseToken(1, 1_000_000 + i);
            await Journal.BeginAsync(lease, [i], Peer);
            Journal.Answered(lease, [i], Sent);
            Journal.Settled(lease);
        }

        Assert.Equal(JournalBytes, new FileInfo(JournalFile).Length);
        await ReopenAsync();

        Assert.True(Note(Assert.Single(await Journal.LeftAsync(None))).Answer!.IsSent);
    }

    [Fact]
    public async Task Grows_when_more_is_in_force_than_it_holds()
    {
        var tasks = await LeaseAsync(3);
        foreach (var task in tasks)
        {
            await BeginAsync(task);
        }

        for (var i = 0; i < 2_000; i++)
        {
            Assert.True(await Journal.BeginAsync(new LeaseToken(1, 1_000_000 + i), [i], Peer));
        }

        Assert.True(new FileInfo(JournalFile).Length > JournalBytes);
        await ReopenAsync();

        Assert.Equal(3, (await Journal.LeftAsync(None)).Count);
    }

    [Fact]
    public async Task Many_at_once_share_a_sync()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Journal.BeginAsync(new LeaseToken(1, i), [i], Peer).AsTask()));

        Assert.InRange(_sync.ContentSyncs, 1, 200);
    }

    [Fact]
    public async Task A_file_that_failed_is_replaced_after_a_pause_with_what_is_in_force()
    {
        var tasks = await LeaseAsync(2);
        await BeginAsync(tasks[0]);
        _sync.FailContent = true;

        Assert.False(await BeginAsync(tasks[1]));
        _sync.FailContent = false;
        Assert.False(await BeginAsync(tasks[1]));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await BeginAsync(tasks[1]));

        await ReopenAsync();
        Assert.Equal(2, (await Journal.LeftAsync(None)).Count);
    }

    [Fact]
    public async Task Switched_off_it_notes_nothing_and_still_reads_what_is_there()
    {
        var tasks = await LeaseAsync(2);
        await BeginAsync(tasks[0]);
        await _stores.CloseAsync();
        await _stores.OpenAsync(_sync, options => options with { HandoffJournal = false });

        Assert.Single(await Journal.LeftAsync(None));
        Journal.Start();
        Assert.False(File.Exists(JournalFile));
        Assert.True(await BeginAsync(tasks[1]));
        Assert.False(File.Exists(JournalFile));
    }

    private static HandoffNote Note(LeftHandoff left) => Assert.Single(left.Notes).Value;

    private ValueTask<bool> BeginAsync(DeliveryTask task) => Journal.BeginAsync(task.Lease, [.. task.Recipients.Select(r => r.Id)], Peer);

    private void Answer(DeliveryTask task, HandoffAnswer answer) => Journal.Answered(task.Lease, [.. task.Recipients.Select(r => r.Id)], answer);

    private Task<RelayStores> OpenAsync() => _stores.OpenAsync(_sync, options => options with { HandoffJournalBytes = JournalBytes });

    private async Task ReopenAsync()
    {
        await _stores.CloseAsync();
        await OpenAsync();
    }

    /// <summary>Messages of one recipient each, leased in their order.</summary>
    private async Task<DeliveryTask[]> LeaseAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _stores.Stores.Queue.EnqueueAsync([Drafts.Message(_time.GetUtcNow(), $"u{i}@example.net")]);
        }

        return [.. (await _stores.Stores.Queue.LeaseDueAsync(QueueLane.Of("example.net"), count, None)).OrderBy(t => t.Recipients[0].Id)];
    }

    private async Task<RecipientState[]> StatesAsync(DeliveryTask[] tasks)
    {
        var states = new List<RecipientState>();
        foreach (var task in tasks)
        {
            states.Add(Assert.Single((await _stores.Stores.Queue.FindAsync(task.Message.Id, None))!.Recipients).State);
        }

        return [.. states];
    }

    /// <summary>The last octet that was written is another one.</summary>
    private void Damage()
    {
        var content = File.ReadAllBytes(JournalFile);
        var last = Array.FindLastIndex(content, octet => octet != 0);
        content[last] ^= 0xff;
        File.WriteAllBytes(JournalFile, content);
    }

    private sealed class FaultySync : FileSync
    {
        private int _contentSyncs;

        public bool FailContent { get; set; }

        public int ContentSyncs => _contentSyncs;

        public override void SyncContent(SafeFileHandle file)
        {
            Interlocked.Increment(ref _contentSyncs);
            if (FailContent)
            {
                throw new IOException("content not synced");
            }

            base.SyncContent(file);
        }
    }
}

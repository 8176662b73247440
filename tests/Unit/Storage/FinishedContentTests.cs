using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Content that no rule keeps goes with the settlement that finishes its message.</summary>
public sealed class FinishedContentTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTimeProvider _time = new();
    private readonly RetentionOptions _retention = new();
    private readonly TemporaryStores _stores;

    public FinishedContentTests() => _stores = new TemporaryStores(_time);

    private IQueueStore Queue => _stores.Stores.Queue;

    private DateTimeOffset Now => _time.GetUtcNow();

    public Task InitializeAsync() => _stores.OpenAsync(change: options => options with { Retention = _retention });

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Fact]
    public async Task Smtp_content_goes_with_its_last_recipient()
    {
        var draft = Drafts.Message(Now, RecipientState.Leased, "a@example.net", "b@example.net");
        var task = Assert.Single(await Queue.EnqueueAsync([draft]));
        var all = Drafts.Outcome(task, RecipientState.Delivered, Now);

        await Queue.SettleAsync(all with { Recipients = [all.Recipients[0]] });
        Assert.True(await HasContentAsync(draft));
        Assert.Equal(1, await RowsAsync("content"));

        await Queue.SettleAsync(all with { Recipients = [all.Recipients[1]] });
        Assert.False(await HasContentAsync(draft));
        Assert.Equal(0, await RowsAsync("content"));
        Assert.Equal(0, await Queue.ApplyRetentionAsync(_retention.Queue, None));
        Assert.Equal("hello", (await Queue.FindAsync(draft.Message.Id, None))!.Message.Subject);
    }

    [Theory]
    [InlineData(RecipientState.Bounced, false)]
    [InlineData(RecipientState.Expired, false)]
    [InlineData(RecipientState.Captured, true)]
    [InlineData(RecipientState.Held, true)]
    public async Task What_is_to_be_read_or_sent_later_keeps_it(RecipientState state, bool keeps)
    {
        var draft = await EnqueueAndSettleAsync(Drafts.Message(Now, RecipientState.Leased, "a@example.net"), state);
        Assert.Equal(keeps, await HasContentAsync(draft));
        Assert.Equal(keeps ? 1 : 0, await RowsAsync("content"));
    }

    [Fact]
    public async Task Http_content_waits_for_its_time()
    {
        var draft = Drafts.Message(Now, RecipientState.Leased, "a@example.net").With(message => message with { Door = Door.Http });
        Assert.True(await HasContentAsync(await EnqueueAndSettleAsync(draft, RecipientState.Delivered)));
    }

    [Fact]
    public async Task A_changed_rule_holds_from_the_next_outcome_on()
    {
        _retention.Queue = new RetentionRules { ContentSmtp = TimeSpan.FromDays(1) };
        var kept = await EnqueueAndSettleAsync(Drafts.Message(Now, RecipientState.Leased, "a@example.net"), RecipientState.Delivered);
        Assert.True(await HasContentAsync(kept));

        _retention.Queue = new RetentionRules();
        var gone = await EnqueueAndSettleAsync(Drafts.Message(Now, RecipientState.Leased, "b@example.net"), RecipientState.Delivered);
        Assert.False(await HasContentAsync(gone));
        Assert.Equal(1, await Queue.ApplyRetentionAsync(_retention.Queue, None));
        Assert.False(await HasContentAsync(kept));
    }

    [Fact]
    public async Task Content_in_a_file_waits_for_the_round_that_deletes_the_file()
    {
        await using var writer = _stores.Stores.Spool.Begin();
        await writer.WriteAsync(new byte[300_000], None);
        var draft = Drafts.Message(Now, RecipientState.Leased, "a@example.net") with { Content = await writer.CommitAsync(40) };
        await EnqueueAndSettleAsync(draft, RecipientState.Delivered);
        Assert.True(await HasContentAsync(draft));

        Assert.Equal(1, await Queue.ApplyRetentionAsync(_retention.Queue, None));
        Assert.False(await HasContentAsync(draft));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_stores.Folder, "spool"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_an_operator_cancels_loses_it_too()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        await Queue.EnqueueAsync([draft]);
        await Queue.ApplyAsync(QueueAction.Cancel, new QueueCriteria { MessageId = draft.Message.Id, Actor = "tests" }, None);
        Assert.False(await HasContentAsync(draft));
        Assert.Equal(0, await RowsAsync("content"));
    }

    private async Task<MessageDraft> EnqueueAndSettleAsync(MessageDraft draft, RecipientState state)
    {
        var task = Assert.Single(await Queue.EnqueueAsync([draft]));
        Assert.True(await Queue.SettleAsync(Drafts.Outcome(task, state, Now)));
        return draft;
    }

    private async Task<bool> HasContentAsync(MessageDraft draft) => (await Queue.FindAsync(draft.Message.Id, None))!.HasContent;

    private async Task<long> RowsAsync(string table) =>
        await _stores.Stores.Database.Readers.ReadAsync(connection => connection.QueryInt64("SELECT count(*) FROM " + table), None);
}

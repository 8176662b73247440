using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>Of the contract: what is let go, and when.</summary>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Deletes_finished_mail_on_demand_and_no_other()
    {
        var open = Drafts.Message(Now, RecipientState.Ready, "a@example.net");
        var captured = Drafts.Message(Now, RecipientState.Captured, "b@example.net");
        var another = Drafts.Message(Now, RecipientState.Captured, "c@example.net");
        var suppressed = Drafts.Message(Now, RecipientState.Suppressed, "d@example.net");
        foreach (var draft in new[] { open, captured, another, suppressed })
        {
            await EnqueueAsync(draft);
        }

        var finished = (IFinishedMail)Store;
        Assert.False(await finished.DeleteAsync(open.Message.Id, None));
        Assert.True(await finished.DeleteAsync(captured.Message.Id, None));
        Assert.False(await finished.DeleteAsync(captured.Message.Id, None));
        Assert.Equal(1, await finished.DeleteCapturedAsync(None));
        Assert.Null(await Store.FindAsync(another.Message.Id, None));
        Assert.NotNull(await Store.FindAsync(open.Message.Id, None));
        Assert.NotNull(await Store.FindAsync(suppressed.Message.Id, None));
        Assert.False((await Store.SummaryAsync(10, None)).ByState.GetValueOrDefault(RecipientState.Captured) > 0);
    }

    [Fact]
    public async Task Deletes_smtp_content_once_the_last_recipient_is_final()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        var all = Drafts.Outcome(task, RecipientState.Delivered, Now);
        await Store.SettleAsync(all with { Recipients = [all.Recipients[0]] });
        Assert.Equal(0, await Store.ApplyRetentionAsync(new RetentionRules(), None));
        Assert.True((await Store.FindAsync(draft.Message.Id, None))!.HasContent);
        await Store.SettleAsync(all with { Recipients = [all.Recipients[1]] });
        Assert.Equal(1, await Store.ApplyRetentionAsync(new RetentionRules(), None));
        var found = (await Store.FindAsync(draft.Message.Id, None))!;
        Assert.False(found.HasContent);
        Assert.Equal("hello", found.Message.Subject);
        Assert.Equal(0, await Store.ApplyRetentionAsync(new RetentionRules(), None));
    }

    [Fact]
    public async Task Keeps_http_and_captured_content_for_their_time()
    {
        var http = Drafts.Message(Now, RecipientState.Leased, "a@example.net").With(message => message with { Door = Door.Http });
        await EnqueueAndSettleAsync(http, RecipientState.Delivered);
        var captured = Drafts.Message(Now, RecipientState.Captured, "b@example.net");
        await EnqueueAsync(captured);
        var later = Drafts.Message(Now, RecipientState.Leased, "c@example.net");
        await EnqueueAndSettleAsync(later, RecipientState.Captured);
        var rules = new RetentionRules { ContentHttp = TimeSpan.FromDays(1), ContentCaptured = TimeSpan.FromDays(2) };
        Assert.Equal(0, await Store.ApplyRetentionAsync(rules, None));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, await Store.ApplyRetentionAsync(rules, None));
        Assert.False((await Store.FindAsync(http.Message.Id, None))!.HasContent);
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(2, await Store.ApplyRetentionAsync(rules, None));
    }

    [Fact]
    public async Task Deletes_old_messages_with_all_that_belongs_to_them()
    {
        var old = Drafts.Message(Now, RecipientState.Leased, "a@example.net");
        await EnqueueAndSettleAsync(old, RecipientState.Delivered);
        var open = Drafts.Message(Now, "b@example.net");
        await EnqueueAsync(open);
        Time.Advance(TimeSpan.FromDays(30));
        var rules = new RetentionRules { ContentSmtp = TimeSpan.FromDays(90), Messages = TimeSpan.FromDays(30) };
        Assert.Equal(1, await Store.ApplyRetentionAsync(rules, None));
        Assert.Null(await Store.FindAsync(old.Message.Id, None));
        Assert.True((await Store.FindAsync(open.Message.Id, None))!.HasContent);
        Assert.Equal(new Dictionary<RecipientState, long> { [RecipientState.Ready] = 1 }, (await Store.SummaryAsync(5, None)).ByState);
    }

    [Fact]
    public async Task Knows_the_files_that_content_rows_name()
    {
        const string Name = "0123456789abcdef0123456789abcdef";
        var draft = Drafts.Message(Now, RecipientState.Leased, "a@example.net") with
        {
            Content = new SpooledContent { SizeBytes = 300_000, HeaderBytes = 40, FileName = Name },
        };
        Assert.False(await Store.IsFileReferencedAsync(Name, None));
        var task = Assert.Single(await Store.EnqueueAsync([draft]));
        Assert.Null(task.Content);
        Assert.Equal(Name, task.Variant.Content.FileName);
        Assert.True(await Store.IsFileReferencedAsync(Name, None));
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now));
        await Store.ApplyRetentionAsync(new RetentionRules(), None);
        Assert.False(await Store.IsFileReferencedAsync(Name, None));
    }
}

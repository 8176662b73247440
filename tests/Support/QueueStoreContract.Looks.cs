using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>Of the contract: lists, searches and sums.</summary>
public abstract partial class QueueStoreContract
{
    [Theory]
    [InlineData(QueueGrouping.All, "", 4)]
    [InlineData(QueueGrouping.Domain, "example.net", 3)]
    [InlineData(QueueGrouping.Sender, "example.com", 4)]
    [InlineData(QueueGrouping.Account, "1", 4)]
    [InlineData(QueueGrouping.Stream, "transactional", 4)]
    [InlineData(QueueGrouping.State, "ready", 4)]
    public async Task Counts_open_recipients_by_age(QueueGrouping grouping, string name, int total)
    {
        await EnqueueAsync(Drafts.Message(Now.AddMinutes(-30), RecipientState.Ready, "a@example.net"));
        await EnqueueAsync(Drafts.Message(Now.AddDays(-2), RecipientState.Ready, "b@example.net", "c@example.org"));
        await EnqueueAsync(Drafts.Message(Now, [Drafts.Recipient("d@example.net", RecipientState.Ready, Now) with { QueueKey = "example.net#rule" }]));
        await EnqueueAsync(Drafts.Message(Now, RecipientState.Suppressed, "e@example.net"));

        var row = (await ((IQueueAges)Store).AgesAsync(grouping, 10, None))[0];

        Assert.Equal(name, row.Name);
        Assert.Equal(total, row.Total);
        Assert.Equal(total, row.Counts.Sum());
        Assert.Equal(1, row.Counts[0]);
        Assert.Equal(1, row.Counts[3]);
        Assert.Equal(total - 2, row.Counts[^1]);
    }

    [Fact]
    public async Task Bounds_the_groups_of_ages_and_has_none_for_an_empty_queue()
    {
        Assert.DoesNotContain(await ((IQueueAges)Store).AgesAsync(QueueGrouping.All, 10, None), row => row.Total > 0);
        await EnqueueAsync(Drafts.Message(Now, RecipientState.Ready, "a@example.net", "b@example.org", "c@example.com"));

        Assert.Equal(2, (await ((IQueueAges)Store).AgesAsync(QueueGrouping.Domain, 2, None)).Count);
    }

    [Fact]
    public async Task Lists_newest_first_in_pages()
    {
        for (var i = 0; i < 5; i++)
        {
            await EnqueueAsync(Drafts.Message(Now, $"u{i}@example.net"));
        }

        var first = await Store.ListAsync(new QueueFilter { Limit = 2 }, None);
        Assert.Equal(["u4", "u3"], first.Entries.Select(entry => entry.Recipient.Address.LocalPart));
        var second = await Store.ListAsync(new QueueFilter { Limit = 3, Before = first.Next }, None);
        Assert.Equal(["u2", "u1", "u0"], second.Entries.Select(entry => entry.Recipient.Address.LocalPart));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task Lists_by_state_and_key()
    {
        await EnqueueAsync(Drafts.Message(Now, "a@example.net", "b@example.org"));
        await EnqueueAsync(Drafts.Message(Now, RecipientState.Held, "c@example.net"));
        await EnqueueAndSettleAsync(Drafts.Message(Now, RecipientState.Leased, "d@example.net"), RecipientState.Bounced);
        Assert.Equal(["b", "a"], await NamesAsync(new QueueFilter { States = [RecipientState.Ready] }));
        Assert.Equal(["c", "a"], await NamesAsync(new QueueFilter { States = [RecipientState.Ready, RecipientState.Held], QueueKey = "example.net" }));
        Assert.Equal(["d"], await NamesAsync(new QueueFilter { States = [RecipientState.Bounced] }));
        Assert.Equal(["d", "c", "a"], await NamesAsync(new QueueFilter { QueueKey = "example.net" }));
    }

    [Fact]
    public async Task A_domain_names_its_keys_with_rules_too_and_no_other_domain()
    {
        RecipientDraft Keyed(string local, string key) => Drafts.Recipient(local + "@example.net", RecipientState.Ready, Now) with { QueueKey = key };
        await EnqueueAsync(Drafts.Message(
            Now, [Keyed("plain", "example.net"), Keyed("shop", "example.net#shop"), Keyed("long", "example.net.test"), Keyed("dash", "example.net-test"), Keyed("less", "example.ne")]));

        Assert.Equal(["shop", "plain"], await NamesAsync(new QueueFilter { QueueKey = "example.net" }));
        Assert.Equal(["shop"], await NamesAsync(new QueueFilter { QueueKey = "example.net#shop" }));
        Assert.Equal(new QueueActionResult(2, 0), await ActAsync(QueueAction.Hold, new QueueCriteria { Actor = "op", QueueKey = "example.net" }));
        Assert.Equal(new QueueActionResult(1, 0), await ActAsync(QueueAction.Release, new QueueCriteria { Actor = "op", QueueKey = "example.net#shop" }));
    }

    [Fact]
    public async Task Searches_recipient_from_and_subject_as_plain_text()
    {
        await EnqueueAsync(Drafts.Message(Now, "anna@example.net").With(message => message with { Subject = "100% off_er" }));
        await EnqueueAsync(Drafts.Message(Now, "bob@example.org").With(message => message with { HeaderFrom = "Shop <shop@example.com>" }));
        Assert.Equal(["anna"], await NamesAsync(new QueueFilter { Search = "ANNA@" }));
        Assert.Equal(["bob"], await NamesAsync(new QueueFilter { Search = "shop" }));
        Assert.Equal(["anna"], await NamesAsync(new QueueFilter { Search = "100% off_" }));
        Assert.Empty(await NamesAsync(new QueueFilter { Search = "%" + "_" }));
    }

    [Fact]
    public async Task Sums_up_the_queue()
    {
        var opened = Now;
        await EnqueueAsync(Drafts.Message(Now, "a@example.net", "b@example.net", "c@example.org"));
        Time.Advance(TimeSpan.FromMinutes(1));
        await EnqueueAsync(Drafts.Message(Now, RecipientState.Held, "d@example.org"));
        await EnqueueAndSettleAsync(Drafts.Message(Now, RecipientState.Leased, "e@example.net"), RecipientState.Delivered);
        await LeaseAsync("example.net", 1);
        var summary = await Store.SummaryAsync(10, None);
        Assert.Equal(
            new Dictionary<RecipientState, long>
            {
                [RecipientState.Ready] = 2,
                [RecipientState.Held] = 1,
                [RecipientState.Leased] = 1,
                [RecipientState.Delivered] = 1,
            },
            summary.ByState);
        Assert.Equal(
            [new KeySummary("example.net", 1, 1, 0, opened), new KeySummary("example.org", 1, 0, 1, opened)],
            summary.ByKey);
        Assert.Equal(opened, summary.OldestOpen);
        Assert.Single((await Store.SummaryAsync(1, None)).ByKey);
    }

    [Fact]
    public async Task Sums_up_an_empty_queue()
    {
        var summary = await Store.SummaryAsync(10, None);
        Assert.Empty(summary.ByState);
        Assert.Empty(summary.ByKey);
        Assert.Null(summary.OldestOpen);
    }

    [Fact]
    public async Task Tells_the_facts_of_many_messages_at_once()
    {
        var first = Drafts.Message(Now, "a@example.net");
        var second = Drafts.Message(Now, "b@example.net");
        await EnqueueAsync(first);
        await EnqueueAsync(second);
        var facts = await Store.FactsAsync([first.Message.Id, second.Message.Id, QueueId.New(Now)], None);
        Assert.Equal(new HashSet<QueueId> { first.Message.Id, second.Message.Id }, facts.Keys.ToHashSet());
        Assert.Equal("hello", facts[first.Message.Id].Subject);
    }
}

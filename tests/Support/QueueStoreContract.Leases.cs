using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>Of the contract: who is due, and who has it.</summary>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Leases_nothing_of_an_unknown_key() => Assert.Empty(await LeaseAsync("example.org"));

    [Fact]
    public async Task Leases_a_due_recipient_once()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        await EnqueueAsync(draft);
        var task = Assert.Single(await LeaseAsync("example.net"));
        Assert.Equal(draft.Message.Id, task.Message.Id);
        Assert.Equal("example.net", task.QueueKey);
        Assert.Null(task.Content);
        Assert.Equal(RecipientState.Leased, Assert.Single(task.Recipients).State);
        Assert.Empty(await LeaseAsync("example.net"));
        Assert.Equal(RecipientState.Leased, (await RecipientAsync(draft)).State);
    }

    [Fact]
    public async Task Leases_only_the_asked_key()
    {
        await EnqueueAsync(Drafts.Message(Now, "a@example.net", "b@example.org"));
        var task = Assert.Single(await LeaseAsync("example.org"));
        Assert.Equal("b@example.org", Assert.Single(task.Recipients).Address.ToString());
    }

    [Fact]
    public async Task Leases_a_scheduled_recipient_only_when_its_time_has_come()
    {
        await EnqueueAsync(Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, Now.AddMinutes(10))]));
        Assert.Empty(await LeaseAsync("example.net"));
        Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Single(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task Leases_by_priority_then_by_next_attempt()
    {
        var late = Drafts.Message(Now, [Drafts.Recipient("late@example.net", RecipientState.Ready, Now.AddSeconds(-1))]);
        var early = Drafts.Message(Now, [Drafts.Recipient("early@example.net", RecipientState.Ready, Now.AddSeconds(-9))]);
        var high = Drafts.Message(Now, "high@example.net").With(message => message with { Priority = MessagePriority.High });
        var low = Drafts.Message(Now, [Drafts.Recipient("low@example.net", RecipientState.Ready, Now.AddSeconds(-99))])
            .With(message => message with { Priority = MessagePriority.Low });
        await Store.EnqueueAsync([low, late, early, high]);
        var order = new List<string>();
        while (await LeaseAsync("example.net", 1) is [var task])
        {
            order.Add(task.Recipients[0].Address.LocalPart);
        }

        Assert.Equal(["high", "early", "late", "low"], order);
    }

    [Fact]
    public async Task Leases_no_more_than_asked()
    {
        await EnqueueAsync(Drafts.Message(Now, Enumerate("example.net", 10)));
        Assert.Equal(4, (await LeaseAsync("example.net", 4)).Sum(task => task.Recipients.Count));
        Assert.Equal(6, (await LeaseAsync("example.net", 100)).Sum(task => task.Recipients.Count));
    }

    [Fact]
    public async Task Groups_recipients_by_variant_into_tasks_of_at_most_100()
    {
        var many = Drafts.Message(Now, Enumerate("example.net", 250));
        var other = Drafts.Message(Now, "z@example.net");
        await Store.EnqueueAsync([many, other]);
        var tasks = await LeaseAsync("example.net", 1000);
        Assert.Equal([1, 50, 100, 100], tasks.Select(task => task.Recipients.Count).Order());
        Assert.All(tasks, task => Assert.All(task.Recipients, recipient => Assert.Equal(task.Variant.Id, recipient.VariantId)));
        Assert.Equal(4, tasks.Select(task => task.Lease).Distinct().Count());
    }

    [Fact]
    public async Task Hands_out_recipients_born_leased_with_their_content()
    {
        var draft = Drafts.Message(Now, RecipientState.Leased, "a@example.net", "b@example.net", "c@example.org");
        var tasks = await Store.EnqueueAsync([draft]);
        Assert.Equal([("example.net", 2), ("example.org", 1)], tasks.Select(task => (task.QueueKey, task.Recipients.Count)));
        Assert.All(tasks, task => Assert.Equal(Drafts.Content, task.Content!.Value.ToArray()));
        Assert.Empty(await LeaseAsync("example.net"));
        Assert.True(await Store.SettleAsync(Drafts.Outcome(tasks[0], RecipientState.Delivered, Now)));
    }

    [Fact]
    public async Task Splits_recipients_born_leased_into_tasks_of_at_most_100()
    {
        var tasks = await Store.EnqueueAsync([Drafts.Message(Now, RecipientState.Leased, Enumerate("example.net", 101))]);
        Assert.Equal([100, 1], tasks.Select(task => task.Recipients.Count));
        foreach (var task in tasks)
        {
            Assert.True(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now)));
        }
    }

    [Fact]
    public async Task Hands_out_only_those_born_leased()
    {
        var draft = Drafts.Message(
            Now,
            [Drafts.Recipient("a@example.net", RecipientState.Leased, Now), Drafts.Recipient("b@example.net", RecipientState.Ready, Now)]);
        var task = Assert.Single(await Store.EnqueueAsync([draft]));
        Assert.Equal("a@example.net", Assert.Single(task.Recipients).Address.ToString());
        Assert.Equal("b@example.net", Assert.Single(Assert.Single(await LeaseAsync("example.net")).Recipients).Address.ToString());
    }

    [Fact]
    public async Task Leases_a_deferred_recipient_again_at_its_next_attempt()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, Now, Now.AddMinutes(5)));
        Assert.Empty(await LeaseAsync("example.net"));
        Time.Advance(TimeSpan.FromMinutes(5));
        var again = Assert.Single(await LeaseAsync("example.net"));
        Assert.NotEqual(task.Lease, again.Lease);
        Assert.Equal(1, again.Recipients[0].Attempts);
        Assert.Equal("250 2.0.0 said Deferred", again.Recipients[0].LastReply);
    }

    [Fact]
    public async Task Returns_a_lease_without_counting_an_attempt()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        await Store.ReturnLeaseAsync(task, null);
        var recipient = await RecipientAsync(draft);
        Assert.Equal((RecipientState.Ready, 0), (recipient.State, recipient.Attempts));
        Assert.False(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now)));
        Assert.Single(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task Returns_a_lease_until_later()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        await Store.ReturnLeaseAsync(task, Now.AddMinutes(30));
        Assert.Empty(await LeaseAsync("example.net"));
        Time.Advance(TimeSpan.FromMinutes(30));
        Assert.Single(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task Returns_a_recipient_that_was_tried_before_as_deferred()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        await Store.SettleAsync(Drafts.Outcome(await EnqueueAndLeaseAsync(draft), RecipientState.Deferred, Now, Now));
        await Store.ReturnLeaseAsync(Assert.Single(await LeaseAsync("example.net")), null);
        var recipient = await RecipientAsync(draft);
        Assert.Equal((RecipientState.Deferred, 1), (recipient.State, recipient.Attempts));
    }

    [Fact]
    public async Task Returns_what_is_due_at_once_to_its_old_place()
    {
        await EnqueueAsync(Drafts.Message(Now, [Drafts.Recipient("first@example.net", RecipientState.Ready, Now.AddSeconds(-5))]));
        var task = Assert.Single(await LeaseAsync("example.net"));
        await EnqueueAsync(Drafts.Message(Now, [Drafts.Recipient("second@example.net", RecipientState.Ready, Now.AddSeconds(-2))]));
        await Store.ReturnLeaseAsync(task, null);
        Assert.Equal("first", Assert.Single(await LeaseAsync("example.net", 1)).Recipients[0].Address.LocalPart);
    }

    [Fact]
    public async Task Ignores_the_return_of_a_stale_lease()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now));
        await Store.ReturnLeaseAsync(task, null);
        Assert.Equal(RecipientState.Delivered, (await RecipientAsync(draft)).State);
    }

    [Fact]
    public async Task Names_due_keys_earliest_first()
    {
        await EnqueueAsync(Drafts.Message(
            Now,
            [
                Drafts.Recipient("a@example.net", RecipientState.Ready, Now.AddMinutes(-1)),
                Drafts.Recipient("b@example.org", RecipientState.Scheduled, Now.AddMinutes(-2)),
                Drafts.Recipient("c@example.com", RecipientState.Scheduled, Now.AddMinutes(2)),
                Drafts.Recipient("d@held.example.com", RecipientState.Held, Now.AddMinutes(-2)),
            ]));
        Assert.Equal(
            [new DueLane(QueueLane.Of("example.org"), Now.AddMinutes(-2)), new DueLane(QueueLane.Of("example.net"), Now.AddMinutes(-1))],
            await Store.DueLanesAsync(Now, null, 10, None));
        Assert.Equal("example.org", Assert.Single(await Store.DueLanesAsync(Now, null, 1, None)).QueueKey);
        Assert.Equal(3, (await Store.DueLanesAsync(Now.AddHours(1), null, 10, None)).Count);
    }

    [Fact]
    public async Task Gives_all_due_keys_page_by_page_each_once()
    {
        await EnqueueAsync(Drafts.Message(
            Now,
            [
                Drafts.Recipient("a@b.example.net", RecipientState.Ready, Now),
                Drafts.Recipient("a@a.example.net", RecipientState.Ready, Now),
                Drafts.Recipient("a@c.example.net", RecipientState.Ready, Now),
                Drafts.Recipient("a@early.example.net", RecipientState.Ready, Now.AddMinutes(-1)),
                Drafts.Recipient("a@late.example.net", RecipientState.Scheduled, Now.AddMinutes(1)),
            ]));
        var seen = new List<string>();
        DueLane? last = null;
        while (await Store.DueLanesAsync(Now, last, 2, None) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 2);
            seen.AddRange(page.Select(key => key.QueueKey));
            last = page[^1];
        }

        Assert.Equal(["early.example.net", "a.example.net", "b.example.net", "c.example.net"], seen);
    }

    [Fact]
    public async Task Forgets_a_key_when_nothing_of_it_waits()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        Assert.Empty(await Store.DueLanesAsync(Now.AddYears(1), null, 10, None));
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, Now, Now.AddMinutes(7)));
        Assert.Equal(new DueLane(QueueLane.Of("example.net"), Now.AddMinutes(7)), Assert.Single(await Store.DueLanesAsync(Now.AddYears(1), null, 10, None)));
    }

    [Fact]
    public async Task Moves_the_due_time_of_a_key_forward_after_a_lease()
    {
        await EnqueueAsync(Drafts.Message(
            Now,
            [
                Drafts.Recipient("a@example.net", RecipientState.Ready, Now),
                Drafts.Recipient("b@example.net", RecipientState.Scheduled, Now.AddMinutes(9)),
            ]));
        await LeaseAsync("example.net");
        Assert.Equal(Now.AddMinutes(9), Assert.Single(await Store.DueLanesAsync(Now.AddYears(1), null, 10, None)).NextDue);
    }

    [Fact]
    public async Task Each_flow_under_a_key_is_a_lane_of_its_own_that_no_other_hides()
    {
        var bulk = Drafts.Message(Now, [.. Enumerable.Range(0, 200).Select(i => Drafts.Recipient($"u{i}@example.net", RecipientState.Ready, Now.AddMinutes(-5)))]);
        bulk = bulk with { Message = bulk.Message with { AccountId = 7, User = "shop", Stream = MailStream.Broadcast, Tags = ["spring", "other"] } };
        await EnqueueAsync(bulk);
        await EnqueueAsync(Drafts.Message(Now, "single@example.net"));

        var lanes = await Store.DueLanesAsync(Now, null, 10, None);
        Assert.Equal(
            [new QueueFlow(7, "shop", MailStream.Broadcast, "spring"), QueueFlow.Default],
            lanes.Select(lane => lane.Lane.Flow));
        Assert.Equal((7, "shop", MailStream.Broadcast, "spring"), (lanes[0].Lane.Flow.AccountId, lanes[0].Lane.Flow.User, lanes[0].Lane.Flow.Stream, lanes[0].Lane.Flow.Tag));

        var single = Assert.Single(await Store.LeaseDueAsync(lanes[1].Lane, 100, None));
        Assert.Equal("single@example.net", Assert.Single(single.Recipients).Address.ToString());
        var many = await Store.LeaseDueAsync(lanes[0].Lane, 150, None);
        Assert.Equal(150, many.Sum(task => task.Recipients.Count));

        // A lane whose mail comes back is the same lane.
        await Store.ReturnLeaseAsync(many[0], Now.AddHours(1));
        await Store.SettleAsync(Drafts.Outcome(single, RecipientState.Deferred, Now, Now.AddMinutes(1)));
        Assert.Equal(
            [lanes[0].Lane, lanes[1].Lane],
            (await Store.DueLanesAsync(Now.AddHours(2), null, 10, None)).Select(lane => lane.Lane));
        Assert.Equal("shop", (await Store.FindAsync(bulk.Message.Id, None))!.Message.User);
        var summary = Assert.Single((await Store.SummaryAsync(5, None)).ByKey);
        Assert.Equal((151, 50), (summary.Waiting, summary.Leased));
    }

    [Fact]
    public async Task Says_which_key_is_due_after_each_change_that_leaves_it_waiting()
    {
        var due = new List<(string, DateTimeOffset)>();
        Store.LaneDue += (lane, at) => due.Add((lane.Key, at));
        await EnqueueAsync(Drafts.Message(Now, "a@example.net", "b@example.net"));
        Assert.Equal([("example.net", Now)], due);
        due.Clear();
        var task = Assert.Single(await LeaseAsync("example.net", 1));
        Assert.Equal([("example.net", Now)], due);
        due.Clear();
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now));
        Assert.Empty(due);
        var last = Assert.Single(await LeaseAsync("example.net", 1));
        Assert.Empty(due);
        await Store.SettleAsync(Drafts.Outcome(last, RecipientState.Deferred, Now, Now.AddMinutes(1)));
        Assert.Equal([("example.net", Now.AddMinutes(1))], due);
    }

    [Fact]
    public async Task Brings_deferred_recipients_of_a_key_forward_in_pieces()
    {
        foreach (var minutes in new[] { 30, 10, 20 })
        {
            var deferred = await EnqueueAndLeaseAsync(Drafts.Message(Now, $"m{minutes}@back.test"));
            await Store.SettleAsync(Drafts.Outcome(deferred, RecipientState.Deferred, Now, Now.AddMinutes(minutes)));
        }

        var other = await EnqueueAndLeaseAsync(Drafts.Message(Now, "x@other.test"));
        await Store.SettleAsync(Drafts.Outcome(other, RecipientState.Deferred, Now, Now.AddMinutes(5)));
        DateTimeOffset? due = null;
        Store.LaneDue += (lane, at) => due = lane.Key.StartsWith("back.test", StringComparison.Ordinal) ? at : due;

        Assert.Equal(2, await Store.BringForwardAsync("back.test", 2, None));
        Assert.Equal(Now, due);
        Assert.Equal(["m10@back.test", "m20@back.test"], await DueAsync("back.test"));
        Assert.Equal(1, await Store.BringForwardAsync("back.test", 2, None));
        Assert.Equal(0, await Store.BringForwardAsync("back.test", 2, None));
        Assert.Empty(await DueAsync("other.test"));
    }
}

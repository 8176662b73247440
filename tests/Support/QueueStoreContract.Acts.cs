using System.Text;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>Of the contract: what operators and senders do with waiting mail.</summary>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Acts_concern_only_what_all_conditions_name()
    {
        var spring = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Ready, Now), Drafts.Recipient("b@example.org", RecipientState.Held, Now)]);
        spring = spring with { Message = spring.Message with { AccountId = 7, Stream = MailStream.Broadcast, Tags = ["spring"] } };
        await EnqueueAsync(spring);
        var plain = await EnqueueAndLeaseAsync(Drafts.Message(Now, "c@example.net"));
        await Store.SettleAsync(Drafts.Outcome(plain, RecipientState.Deferred, Now, Now.AddMinutes(5)));
        var actor = new QueueCriteria { Actor = "ann" };

        Assert.Equal(0, (await Store.ApplyAsync(QueueAction.Hold, actor with { AcceptedBefore = Now }, None)).Affected);
        Assert.Equal(0, (await Store.ApplyAsync(QueueAction.Hold, actor with { Reply = "no such reply" }, None)).Affected);
        Assert.Equal(0, (await Store.ApplyAsync(QueueAction.Bounce, actor with { Tag = "other", AccountId = 7 }, None)).Affected);
        Assert.Equal(1, (await Store.ApplyAsync(QueueAction.Hold, actor with { States = [RecipientState.Deferred], Stream = MailStream.Transactional }, None)).Affected);
        var told = new List<QueueActionResult>();
        var result = await Store.ApplyAsync(
            QueueAction.Bounce,
            actor with { Tag = "spring", AccountId = 7, Stream = MailStream.Broadcast, AcceptedBefore = Now.AddSeconds(1), Reason = "a wrong list" },
            done =>
            {
                told.Add(done);
                return ValueTask.CompletedTask;
            },
            None);

        Assert.Equal(new QueueActionResult(2, 0), result);
        Assert.Equal(result, told[^1]);
        Assert.All((await Store.FindAsync(spring.Message.Id, None))!.Recipients, r => Assert.Equal(RecipientState.Bounced, r.State));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.ApplyAsync(QueueAction.Hold, actor, None));
    }

    [Fact]
    public async Task A_rebind_moves_waiting_mail_under_another_key_and_makes_it_due()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, Now, Now.AddHours(1)));

        var result = await Store.ApplyAsync(QueueAction.Rebind, new QueueCriteria { QueueKey = "example.net", Rebind = "route:office", Actor = "ann" }, None);

        Assert.Equal(1, result.Affected);
        Assert.Equal([new DueLane(QueueLane.Of("example.net#route:office"), Now)], await Store.DueLanesAsync(Now.AddDays(1), null, 10, None));
        Assert.Equal("example.net#route:office", Assert.Single(await LeaseAsync("example.net#route:office")).QueueKey);
        await Store.ApplyAsync(QueueAction.Rebind, new QueueCriteria { All = true, Rebind = "domain", Actor = "ann" }, None);
    }

    [Fact]
    public async Task Holds_and_releases()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        await EnqueueAsync(draft);
        Assert.Equal(new QueueActionResult(1, 0), await ActAsync(QueueAction.Hold, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id }));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await LeaseAsync("example.net"));
        Assert.Equal(RecipientState.Held, (await RecipientAsync(draft)).State);
        Assert.Equal(new QueueActionResult(1, 0), await ActAsync(QueueAction.Release, new QueueCriteria { Actor = "op", QueueKey = "example.net" }));
        Assert.Equal(Now, (await RecipientAsync(draft)).NextAttempt);
        Assert.Single(await LeaseAsync("example.net"));
        var events = await EventsAsync();
        Assert.Equal([DeliveryEventKind.Held, DeliveryEventKind.Released], events.Skip(1).Select(stored => stored.Kind));
        Assert.All(events.Skip(1), stored => Assert.Equal(("op", "a@example.net"), (stored.Actor, stored.Recipient)));
    }

    [Fact]
    public async Task A_released_recipient_keeps_the_time_of_its_message()
    {
        var time = Now.AddHours(2);
        var draft = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, time)]).With(message => message with { NotBefore = time });
        await EnqueueAsync(draft);
        await ActAsync(QueueAction.Hold, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id });
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new QueueActionResult(1, 0), await ActAsync(QueueAction.Release, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id }));
        var released = await RecipientAsync(draft);
        Assert.Equal((RecipientState.Scheduled, time), (released.State, released.NextAttempt));
        Assert.Equal(DeliveryEventKind.Released, (await EventsAsync())[^1].Kind);
        Assert.All((await Store.FindAsync(draft.Message.Id, None))!.Recipients, recipient => Assert.True(recipient is { IsReleased: true, Notify: DsnNotify.Unspecified }));
        Assert.Empty(await LeaseAsync("example.net"));
        Time.Advance(TimeSpan.FromHours(1));
        Assert.Single(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task A_scheduled_recipient_sent_another_way_keeps_its_time()
    {
        var time = Now.AddHours(2);
        var draft = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, time)]).With(message => message with { NotBefore = time });
        await EnqueueAsync(draft);
        Assert.Equal(new QueueActionResult(1, 0), await ActAsync(QueueAction.Rebind, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id, Rebind = "route:office" }));
        var moved = await RecipientAsync(draft);
        Assert.Equal((RecipientState.Scheduled, time), (moved.State, moved.NextAttempt));
        Time.Advance(TimeSpan.FromHours(2));
        Assert.Single(await LeaseAsync(moved.QueueKey));
    }

    [Fact]
    public async Task A_recipient_released_after_the_time_of_its_message_is_due_now()
    {
        var time = Now.AddHours(1);
        var draft = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, time)]).With(message => message with { NotBefore = time });
        await EnqueueAsync(draft);
        await ActAsync(QueueAction.Hold, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id });
        Time.Advance(TimeSpan.FromHours(2));
        await ActAsync(QueueAction.Release, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id });
        var released = await RecipientAsync(draft);
        Assert.Equal((RecipientState.Ready, Now), (released.State, released.NextAttempt));
        Assert.Single(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task Retries_deferred_and_scheduled_recipients_now()
    {
        await EnqueueAsync(Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, Now.AddDays(1))]));
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "b@example.org"));
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, Now, Now.AddHours(4)));
        Assert.Equal(new QueueActionResult(2, 0), await ActAsync(QueueAction.RetryNow, new QueueCriteria { Actor = "op", All = true }));
        Assert.Single(await LeaseAsync("example.net"));
        Assert.Single(await LeaseAsync("example.org"));
    }

    [Fact]
    public async Task Retries_a_returned_recipient_now_but_leaves_one_that_is_due()
    {
        await EnqueueAsync(Drafts.Message(Now, "due@example.org"));
        await Store.ReturnLeaseAsync(await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net")), Now.AddHours(1));
        Assert.Equal(1, (await ActAsync(QueueAction.RetryNow, new QueueCriteria { Actor = "op", All = true })).Affected);
        Assert.Single(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task Cancels_waiting_and_held_recipients()
    {
        var draft = Drafts.Message(
            Now,
            [Drafts.Recipient("a@example.net", RecipientState.Ready, Now), Drafts.Recipient("b@example.net", RecipientState.Held, Now)]);
        await EnqueueAsync(draft);
        Assert.Equal(2, (await ActAsync(QueueAction.Cancel, new QueueCriteria { Actor = "op", MessageId = draft.Message.Id })).Affected);
        Assert.All((await Store.FindAsync(draft.Message.Id, None))!.Recipients, recipient => Assert.Equal(RecipientState.Cancelled, recipient.State));
        Assert.Empty(await LeaseAsync("example.net"));
        Assert.Equal(0, (await ActAsync(QueueAction.Cancel, new QueueCriteria { Actor = "op", All = true })).Affected);
        Assert.Null((await Store.SummaryAsync(5, None)).OldestOpen);
    }

    [Fact]
    public async Task Leaves_leased_recipients_alone_and_says_so()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.net");
        await EnqueueAsync(draft);
        var task = Assert.Single(await LeaseAsync("example.net", 1));
        Assert.Equal(new QueueActionResult(1, 1), await ActAsync(QueueAction.Cancel, new QueueCriteria { Actor = "op", All = true }));
        Assert.True(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now)));
    }

    [Fact]
    public async Task Acts_on_one_recipient()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.net");
        await EnqueueAsync(draft);
        var id = (await Store.FindAsync(draft.Message.Id, None))!.Recipients[1].Id;
        Assert.Equal(1, (await ActAsync(QueueAction.Hold, new QueueCriteria { Actor = "op", RecipientId = id })).Affected);
        Assert.Equal("a@example.net", Assert.Single(Assert.Single(await LeaseAsync("example.net")).Recipients).Address.ToString());
    }

    [Fact]
    public async Task Acts_on_what_a_sender_domain_sent_to_a_key()
    {
        await EnqueueAsync(Drafts.Message(Now, "a@example.net", "b@example.org"));
        await EnqueueAsync(Drafts.Message(Now, "c@example.net")
            .With(message => message with { ReversePath = new ReversePath(Mailbox.Parse("x@other.example.com")) }));
        var criteria = new QueueCriteria { Actor = "op", SenderDomain = "example.com", QueueKey = "example.net" };
        Assert.Equal(1, (await ActAsync(QueueAction.Hold, criteria)).Affected);
        Assert.Equal(1, (await ActAsync(QueueAction.Hold, new QueueCriteria { Actor = "op", SenderDomain = "example.com" })).Affected);
        Assert.Equal("c@example.net", Assert.Single(await LeaseAsync("example.net")).Recipients[0].Address.ToString());
    }

    [Fact]
    public async Task Joins_the_conditions_of_an_act_by_and()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.org");
        await EnqueueAsync(draft);
        var id = (await Store.FindAsync(draft.Message.Id, None))!.Recipients[0].Id;
        var none = new QueueCriteria { Actor = "op", MessageId = draft.Message.Id, RecipientId = id, QueueKey = "example.org", SenderDomain = "example.com" };
        Assert.Equal(0, (await ActAsync(QueueAction.Hold, none)).Affected);
        Assert.Equal(1, (await ActAsync(QueueAction.Hold, none with { QueueKey = "example.net" })).Affected);
    }

    [Fact]
    public async Task Refuses_an_act_without_condition() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await ActAsync(QueueAction.Cancel, new QueueCriteria { Actor = "op" }));

    [Fact]
    public async Task Moves_a_scheduled_message()
    {
        var draft = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, Now.AddHours(1)), Drafts.Recipient("b@example.org", RecipientState.Suppressed, Now)]);
        await EnqueueAsync(draft);
        Assert.True(await Store.RescheduleAsync(draft.Message.Id, Now.AddMinutes(5), Now.AddDays(1), "key app"));
        Time.Advance(TimeSpan.FromMinutes(5));
        var task = Assert.Single(await LeaseAsync("example.net"));
        Assert.Equal(Now, task.Message.NotBefore);
        Assert.Equal(Now.AddDays(1).AddMinutes(-5), task.Message.ExpiresAt);
        var moved = Assert.Single(await EventsAsync(), e => e.Kind == DeliveryEventKind.Rescheduled);
        Assert.Equal(("key app", Now, null), (moved.Actor, moved.NextAttempt, moved.RecipientId));
    }

    [Fact]
    public async Task The_date_we_prepend_moves_with_the_time()
    {
        var scheduled = Drafts.Message(Now, RecipientState.Scheduled, "a@example.net");
        var prefix = Encoding.ASCII.GetBytes("Received: from test\r\n" + DateField.Make(Now) + "X-Last: 1\r\n");
        var draft = scheduled with { Variants = [scheduled.Variants[0] with { Prefix = prefix }] };
        var later = Now.AddDays(3);
        await EnqueueAsync(draft);
        Assert.True(await Store.RescheduleAsync(draft.Message.Id, later, later.AddDays(1), "key app"));
        var moved = (await Store.FindAsync(draft.Message.Id, None))!.Variants[0].Prefix;
        Assert.Equal("Received: from test\r\n" + DateField.Make(later) + "X-Last: 1\r\n", Encoding.ASCII.GetString(moved.Span));
    }

    [Fact]
    public async Task Withdraws_a_scheduled_message_whole()
    {
        var draft = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, Now.AddHours(1)), Drafts.Recipient("b@example.org", RecipientState.Scheduled, Now.AddHours(1))]);
        await EnqueueAsync(draft);
        Assert.True(await Store.WithdrawAsync(draft.Message.Id, "key app"));
        Assert.All((await Store.FindAsync(draft.Message.Id, None))!.Recipients, r => Assert.Equal(RecipientState.Cancelled, r.State));
        Assert.Equal(2, (await EventsAsync()).Count(e => e.Kind == DeliveryEventKind.Cancelled && e.Actor == "key app"));
        Time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(await LeaseAsync("example.net"));
        Assert.False(await Store.WithdrawAsync(draft.Message.Id, "key app"));
        Assert.False(await Store.RescheduleAsync(draft.Message.Id, Now, Now, "key app"));
    }

    [Fact]
    public async Task Neither_moves_nor_withdraws_what_is_under_way()
    {
        var draft = Drafts.Message(Now, [Drafts.Recipient("a@example.net", RecipientState.Scheduled, Now), Drafts.Recipient("b@example.org", RecipientState.Scheduled, Now.AddHours(1))]);
        await EnqueueAsync(draft);
        Assert.Single(await LeaseAsync("example.net"));
        Assert.False(await Store.RescheduleAsync(draft.Message.Id, Now.AddHours(2), Now.AddDays(1), "key app"));
        Assert.False(await Store.WithdrawAsync(draft.Message.Id, "key app"));
        Assert.Equal(
            [RecipientState.Leased, RecipientState.Scheduled],
            (await Store.FindAsync(draft.Message.Id, None))!.Recipients.Select(recipient => recipient.State));
        Assert.False(await Store.WithdrawAsync(QueueId.New(Now), "key app"));
    }
}

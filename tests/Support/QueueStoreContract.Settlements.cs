using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>Of the contract: what becomes of an attempt.</summary>
public abstract partial class QueueStoreContract
{
    [Fact]
    public async Task Settles_a_delivery()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        Time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now)));
        var recipient = await RecipientAsync(draft);
        Assert.Equal((RecipientState.Delivered, 1, Now), (recipient.State, recipient.Attempts, recipient.UpdatedAt));
        Assert.Equal(("250 2.0.0 said Delivered", "mx.example.com [192.0.2.25]"), (recipient.LastReply, recipient.LastHost));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(await LeaseAsync("example.net"));
    }

    [Fact]
    public async Task Remembers_that_a_delay_was_reported()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        var outcome = Drafts.Outcome(task, RecipientState.Deferred, Now, Now);
        await Store.SettleAsync(outcome with { Recipients = [outcome.Recipients[0] with { IsDelayReported = true }, outcome.Recipients[1]] });

        var again = Assert.Single(await LeaseAsync("example.net"));
        Assert.Equal([true, false], again.Recipients.Select(recipient => recipient.IsDelayReported));
        Assert.Equal(task.Recipients.Select(recipient => recipient.Notify), again.Recipients.Select(recipient => recipient.Notify));
        await Store.SettleAsync(Drafts.Outcome(again, RecipientState.Deferred, Now, Now));
        Assert.Equal([true, false], Assert.Single(await LeaseAsync("example.net")).Recipients.Select(recipient => recipient.IsDelayReported));
    }

    [Fact]
    public async Task Settles_as_held_until_an_operator_releases_it()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        Assert.True(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Held, Now)));
        Time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(await LeaseAsync("example.net"));

        await Store.ApplyAsync(QueueAction.Release, new QueueCriteria { MessageId = draft.Message.Id, Actor = "test" }, None);
        Assert.Equal(1, Assert.Single(await LeaseAsync("example.net")).Recipients[0].Attempts);
    }

    [Fact]
    public async Task Settles_recipients_of_one_task_differently()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        Assert.True(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Delivered, Now) with
        {
            Recipients =
            [
                Drafts.Outcome(task.Recipients[0], RecipientState.Delivered, Now),
                Drafts.Outcome(task.Recipients[1], RecipientState.Bounced, Now),
            ],
        }));
        var found = (await Store.FindAsync(draft.Message.Id, None))!;
        Assert.Equal([RecipientState.Delivered, RecipientState.Bounced], found.Recipients.Select(recipient => recipient.State));
    }

    [Fact]
    public async Task Settles_part_of_a_task_and_the_rest_later()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net", "b@example.net"));
        var all = Drafts.Outcome(task, RecipientState.Delivered, Now);
        Assert.True(await Store.SettleAsync(all with { Recipients = [all.Recipients[0]] }));
        Assert.True(await Store.SettleAsync(all with { Recipients = [all.Recipients[1]] }));
    }

    [Fact]
    public async Task Changes_nothing_under_a_stale_lease()
    {
        var draft = Drafts.Message(Now, "a@example.net", "b@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        var all = Drafts.Outcome(task, RecipientState.Delivered, Now);
        await Store.SettleAsync(all with { Recipients = [all.Recipients[0]] });
        var before = await EventsAsync();
        Assert.False(await Store.SettleAsync(all with { Reports = [Drafts.Message(Now, "app@example.com")] }));
        Assert.False(await Store.SettleAsync(all with { Recipients = [all.Recipients[1]], Lease = all.Lease with { Number = all.Lease.Number + 1 } }));
        Assert.False(await Store.SettleAsync(all with { Recipients = [all.Recipients[1]], Lease = all.Lease with { Epoch = all.Lease.Epoch - 1 } }));
        Assert.Equal(before.Count, (await EventsAsync()).Count);
        var found = (await Store.FindAsync(draft.Message.Id, None))!;
        Assert.Equal([RecipientState.Delivered, RecipientState.Leased], found.Recipients.Select(recipient => recipient.State));
        Assert.Equal(2, (await ListAsync()).Count);
    }

    [Fact]
    public async Task Refuses_a_settlement_that_settles_nothing_or_to_a_waiting_state()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        var outcome = Drafts.Outcome(task, RecipientState.Ready, Now, Now);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SettleAsync(outcome));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SettleAsync(outcome with { Recipients = [] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, Now)));
    }

    [Fact]
    public async Task Refuses_a_settlement_that_names_a_recipient_twice()
    {
        var draft = Drafts.Message(Now, "a@example.net");
        var task = await EnqueueAndLeaseAsync(draft);
        var once = Drafts.Outcome(task, RecipientState.Delivered, Now);
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await Store.SettleAsync(once with { Recipients = [once.Recipients[0], once.Recipients[0]] }));
        Assert.Equal(RecipientState.Leased, (await RecipientAsync(draft)).State);
        Assert.True(await Store.SettleAsync(once));
    }

    [Fact]
    public async Task Keeps_the_signature_of_a_deferred_attempt()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        var signature = new VariantSignature("DKIM-Signature: x\r\n"u8.ToArray(), Now, "r1._domainkey.example.com");
        await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Deferred, Now, Now) with { Signature = signature });
        var second = Assert.Single(await LeaseAsync("example.net"));
        Assert.Equal(signature.Fields.ToArray(), second.Variant.Signature!.Fields.ToArray());
        Assert.Equal((signature.SignedAt, signature.KeyNames), (second.Variant.Signature.SignedAt, second.Variant.Signature.KeyNames));
        await Store.SettleAsync(Drafts.Outcome(second, RecipientState.Deferred, Now, Now));
        Assert.NotNull(Assert.Single(await LeaseAsync("example.net")).Variant.Signature);
    }

    [Fact]
    public async Task Enqueues_reports_with_the_settlement()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        var report = Drafts.Message(Now, RecipientState.Leased, "app@example.com")
            .With(message => message with { Door = Door.Internal, ReversePath = ReversePath.Null });
        Assert.True(await Store.SettleAsync(Drafts.Outcome(task, RecipientState.Bounced, Now) with { Reports = [report] }));
        var leased = Assert.Single(await LeaseAsync("example.com"));
        Assert.Equal(report.Message.Id, leased.Message.Id);
        Assert.Equal(
            [DeliveryEventKind.Accepted, DeliveryEventKind.Bounced, DeliveryEventKind.Accepted],
            (await EventsAsync()).Select(stored => stored.Kind));
    }
}

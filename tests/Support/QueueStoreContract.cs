using System.Text;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every queue store promises; derive once per store.</summary>
public abstract class QueueStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected ManualTimeProvider Time { get; } = new();

    protected IQueueStore Store { get; private set; } = null!;

    protected IEventOutbox Outbox { get; private set; } = null!;

    protected DateTimeOffset Now => Time.GetUtcNow();

    public async Task InitializeAsync()
    {
        Store = await OpenAsync();
        Outbox = (IEventOutbox)Store;
    }

    public Task DisposeAsync() => CloseAsync();

    /// <summary>Opens an empty store that is also its outbox and runs on <see cref="Time"/>.</summary>
    protected abstract Task<IQueueStore> OpenAsync();

    protected abstract Task CloseAsync();

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
    public async Task Keeps_every_fact_of_a_message()
    {
        var draft = Drafts.Message(Now, RecipientState.Ready, "ü.user@example.net").With(message => message with
        {
            Door = Door.Http,
            CredentialId = 7,
            Stream = MailStream.Broadcast,
            Tags = ["welcome", "två, with \"comma\"\n"],
            Priority = MessagePriority.High,
            NotBefore = Now.AddMinutes(1),
            ExpiresAt = Now.AddHours(3),
            ReversePath = new ReversePath(Mailbox.Parse("\"odd local\"@[192.0.2.9]")),
            BodyType = BodyType.EightBitMime,
            SmtpUtf8 = true,
            RequireTls = true,
            Return = DsnReturn.Headers,
            EnvelopeId = "QQ314159",
            HeaderFrom = "Größe <app@example.com>",
            Subject = "Grüße 🎉",
            IdempotencyKey = "order-1",
        });
        await EnqueueAsync(draft);
        var found = await Store.FindAsync(draft.Message.Id, None);
        Assert.NotNull(found);
        Assert.Equal(draft.Message.Tags, found.Message.Tags);
        Assert.Equal(draft.Message, found.Message with { Tags = draft.Message.Tags });
        Assert.True(found.HasContent);
    }

    [Fact]
    public async Task Keeps_the_null_reverse_path()
    {
        var draft = Drafts.Message(Now, "a@example.net").With(message => message with { ReversePath = ReversePath.Null });
        await EnqueueAsync(draft);
        Assert.True((await Store.FindAsync(draft.Message.Id, None))!.Message.ReversePath.IsNull);
    }

    [Fact]
    public async Task Keeps_every_fact_of_recipients_and_variants()
    {
        var draft = Drafts.Message(Now, "a@example.net") with
        {
            Variants =
            [
                new VariantDraft
                {
                    Prefix = new byte[] { 1, 2, 3 },
                    ReturnPath = "bounce+1@example.com",
                    Recipients =
                    [
                        new RecipientDraft
                        {
                            Address = Mailbox.Parse("Local.Part@example.net"),
                            QueueKey = "@internal",
                            Notify = DsnNotify.Success | DsnNotify.Delay,
                            OriginalRecipient = "rfc822;old@example.org",
                            State = RecipientState.Scheduled,
                            NextAttempt = Now.AddMinutes(5),
                        },
                    ],
                },
                new VariantDraft { Prefix = ReadOnlyMemory<byte>.Empty, Recipients = [Drafts.Recipient("b@example.net", RecipientState.Ready, Now)] },
            ],
        };
        await EnqueueAsync(draft);
        var found = (await Store.FindAsync(draft.Message.Id, None))!;
        Assert.Equal(2, found.Variants.Count);
        Assert.Equal([1, 2, 3], found.Variants[0].Prefix.ToArray());
        Assert.Equal("bounce+1@example.com", found.Variants[0].ReturnPath);
        Assert.Empty(found.Variants[1].Prefix.ToArray());
        Assert.Null(found.Variants[1].Signature);
        Assert.Equal(found.Variants[0].Content, found.Variants[1].Content);
        Assert.Equal((Drafts.Content.Length, 40), (found.Variants[0].Content.SizeBytes, found.Variants[0].Content.HeaderBytes));
        var first = found.Recipients[0];
        Assert.Equal(found.Variants[0].Id, first.VariantId);
        Assert.Equal(Mailbox.Parse("Local.Part@example.net"), first.Address);
        Assert.Equal(("@internal", "rfc822;old@example.org"), (first.QueueKey, first.OriginalRecipient));
        Assert.Equal(DsnNotify.Success | DsnNotify.Delay, first.Notify);
        Assert.Equal((RecipientState.Scheduled, 0, Now.AddMinutes(5), Now), (first.State, first.Attempts, first.NextAttempt, first.UpdatedAt));
        Assert.Null(first.LastReply);
        Assert.True(found.Recipients[1].Id > first.Id);
    }

    [Fact]
    public async Task Finds_nothing_under_an_unknown_id() => Assert.Null(await Store.FindAsync(QueueId.New(Now), None));

    [Fact]
    public async Task Refuses_a_draft_without_recipients()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await EnqueueAsync(Drafts.Message(Now, "a@example.net") with { Variants = [] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await EnqueueAsync(Drafts.Message(Now, Array.Empty<RecipientDraft>())));
    }

    [Fact]
    public async Task Refuses_a_draft_that_begins_delivered() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await EnqueueAsync(Drafts.Message(Now, RecipientState.Delivered, "a@example.net")));

    [Fact]
    public async Task Stores_several_drafts_or_none()
    {
        var good = Drafts.Message(Now, "a@example.net");
        var bad = Drafts.Message(Now, "b@example.net") with { Variants = [] };
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.EnqueueAsync([good, bad]));
        Assert.Null(await Store.FindAsync(good.Message.Id, None));
        await Store.EnqueueAsync([good, Drafts.Message(Now, "c@example.net")]);
        Assert.Equal(2, (await ListAsync()).Count);
    }

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
    public async Task Stores_events_in_order_with_their_recipient()
    {
        var added = 0;
        Outbox.EventsAdded += () => added++;
        var draft = Drafts.Message(Now, RecipientState.Suppressed, "a@example.net");
        draft = draft with
        {
            Events =
            [
                .. draft.Events,
                new DeliveryEvent { Kind = DeliveryEventKind.Suppressed, At = Now, MessageId = draft.Message.Id, Recipient = "a@example.net" },
            ],
        };
        await EnqueueAsync(draft);
        Assert.Equal(1, added);
        var events = await EventsAsync();
        Assert.Equal([DeliveryEventKind.Accepted, DeliveryEventKind.Suppressed], events.Select(stored => stored.Kind));
        Assert.Null(events[0].RecipientId);
        Assert.Equal((await RecipientAsync(draft)).Id, events[1].RecipientId);
        Assert.True(events[1].Sequence > events[0].Sequence && events[0].Sequence > 0);
    }

    [Fact]
    public async Task Keeps_every_fact_of_an_event()
    {
        var task = await EnqueueAndLeaseAsync(Drafts.Message(Now, "a@example.net"));
        var outcome = Drafts.Outcome(task, RecipientState.Bounced, Now);
        var full = outcome.Recipients[0].Event with
        {
            Fault = FaultSide.Recipient,
            Class = "bad-mailbox",
            ReplyCode = 550,
            EnhancedCode = "5.1.1",
            Text = "no such user <ünder> \"x\" & \u2028",
            Step = "RCPT",
            RemoteHost = "mx.example.net",
            RemoteAddress = "192.0.2.25",
            Tls = "TLS1.3 TLS_AES_256_GCM_SHA384 verified",
            Site = "example.net",
            Source = "a",
            NextAttempt = Now.AddMinutes(3),
            DurationMs = 71,
            Actor = "op",
            Conversation = "S: 220\r\nC: EHLO\r\n",
        };
        await Store.SettleAsync(outcome with { Recipients = [outcome.Recipients[0] with { Event = full }] });
        var stored = (await EventsAsync())[^1];
        Assert.Equal(full with { Sequence = stored.Sequence }, stored);
    }

    [Fact]
    public async Task Reads_events_in_pieces_and_prunes_them()
    {
        for (var i = 0; i < 5; i++)
        {
            await EnqueueAsync(Drafts.Message(Now, "a@example.net"));
        }

        var first = await Outbox.ReadAsync(0, 2, None);
        Assert.Equal(2, first.Count);
        var second = await Outbox.ReadAsync(first[1].Sequence, 10, None);
        Assert.Equal(3, second.Count);
        await Outbox.PruneAsync(second[0].Sequence, None);
        Assert.Equal(second.Skip(1).Select(stored => stored.Sequence), (await EventsAsync()).Select(stored => stored.Sequence));
        await EnqueueAsync(Drafts.Message(Now, "a@example.net"));
        Assert.True((await EventsAsync())[^1].Sequence > second[^1].Sequence);
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

    [Fact]
    public async Task Appends_events_that_change_no_state()
    {
        var rung = 0;
        Outbox.EventsAdded += () => rung++;
        await Outbox.AppendAsync(
        [
            new DeliveryEvent
            {
                Kind = DeliveryEventKind.Clicked,
                At = Now,
                MessageId = QueueId.New(Now),
                Recipient = "a@example.net",
                Url = "https://example.com/?a=1",
                UserAgent = "test",
                ClientAddress = "192.0.2.7",
                IsMachine = false,
            },
        ]);
        var stored = Assert.Single(await EventsAsync());
        Assert.Equal((DeliveryEventKind.Clicked, "https://example.com/?a=1", "test", "192.0.2.7", false), (stored.Kind, stored.Url, stored.UserAgent, stored.ClientAddress, stored.IsMachine));
        Assert.Equal(1, rung);
    }

    [Fact]
    public async Task Keeps_the_own_content_of_a_variant()
    {
        var own = "Subject: own\r\n\r\nyours\r\n"u8.ToArray();
        var recipients = Drafts.Message(Now, RecipientState.Leased, "a@example.net", "b@example.net");
        var draft = recipients with
        {
            Variants =
            [
                recipients.Variants[0] with { Recipients = [recipients.Variants[0].Recipients[0]] },
                recipients.Variants[0] with
                {
                    Recipients = [recipients.Variants[0].Recipients[1]],
                    Content = new SpooledContent { SizeBytes = own.Length, HeaderBytes = 16, Inline = own },
                },
            ],
        };
        var tasks = await Store.EnqueueAsync([draft]);
        Assert.Equal([Drafts.Content, own], tasks.Select(task => task.Content!.Value.ToArray()));
        Assert.NotEqual(tasks[0].Variant.Content.Id, tasks[1].Variant.Content.Id);
        Assert.Equal(own.Length, tasks[1].Variant.Content.SizeBytes);
    }

    [Fact]
    public void Is_healthy_when_nothing_is_wrong() => Assert.Equal(StoreHealth.Healthy, Store.Health);

    protected async Task EnqueueAsync(MessageDraft draft) => await Store.EnqueueAsync([draft]);

    protected async Task<DeliveryTask> EnqueueAndLeaseAsync(MessageDraft draft)
    {
        await EnqueueAsync(draft);
        return Assert.Single(await LeaseAsync(draft.Variants[0].Recipients[0].QueueKey));
    }

    /// <summary>For drafts born leased.</summary>
    protected async Task EnqueueAndSettleAsync(MessageDraft draft, RecipientState state)
    {
        foreach (var task in await Store.EnqueueAsync([draft]))
        {
            Assert.True(await Store.SettleAsync(Drafts.Outcome(task, state, Now)));
        }
    }

    protected async Task<IReadOnlyList<DeliveryTask>> LeaseAsync(string key, int max = 1000) => await Store.LeaseDueAsync(QueueLane.Of(key), max, None);

    protected async Task<IReadOnlyList<DeliveryEvent>> EventsAsync() => await Outbox.ReadAsync(0, 10_000, None);

    protected async Task<QueuedRecipient> RecipientAsync(MessageDraft draft) =>
        Assert.Single((await Store.FindAsync(draft.Message.Id, None))!.Recipients);

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

    private async Task<string[]> DueAsync(string key)
    {
        var tasks = await Store.LeaseDueAsync(QueueLane.Of(key), 100, None);
        return [.. tasks.SelectMany(task => task.Recipients).Select(recipient => recipient.Address.ToString()).Order(StringComparer.Ordinal)];
    }

    private async Task<QueueActionResult> ActAsync(QueueAction action, QueueCriteria criteria) => await Store.ApplyAsync(action, criteria, None);

    private async Task<IReadOnlyList<QueueEntry>> ListAsync() => (await Store.ListAsync(new QueueFilter(), None)).Entries;

    private async Task<IEnumerable<string>> NamesAsync(QueueFilter filter) =>
        (await Store.ListAsync(filter, None)).Entries.Select(entry => entry.Recipient.Address.LocalPart);

    private static string[] Enumerate(string domain, int count) => [.. Enumerable.Range(0, count).Select(i => $"u{i}@{domain}")];
}

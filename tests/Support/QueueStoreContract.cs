using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every queue store promises; derive once per store.</summary>
public abstract partial class QueueStoreContract : IAsyncLifetime
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

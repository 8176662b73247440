using Relay.Queue;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>Of the contract: what happened, in its order.</summary>
public abstract partial class QueueStoreContract
{
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
}

using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What is noted about hand-overs, and what becomes of the notes of a process that ended in the middle.</summary>
public sealed class HandoffTests
{
    private static readonly Route Remote = DeliveryKit.MxRoute("example.com", FakePeers.Host("mx1.example.com"));

    private readonly DeliveryKit _kit = new();

    [Fact]
    public async Task Recipients_are_noted_before_the_final_dot_and_with_the_reply()
    {
        var task = _kit.Task(["a@example.com", "b@example.com"]);
        var (first, second) = (task.Recipients[0].Id, task.Recipients[1].Id);

        await _kit.AttemptAsync(task, Remote);

        Assert.Equal([$"begin {first},{second}", $"sent {first},{second}: 250 2.0.0 queued as 1"], _kit.Journal.Notes);
        Assert.Equal(new HandoffPeer("mx1.example.com", "192.0.2.1", "example.com", "default", null), Assert.Single(_kit.Journal.Peers));
        Assert.Equal([task.Lease], _kit.Journal.Open);
    }

    [Fact]
    public async Task A_recipient_refused_before_the_content_is_not_noted()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot) with
        {
            Recipients =
            [
                new RecipientResult(SmtpReply.Of(550, "5.1.1", "nobody"), TransactionStep.Recipient, false),
                new RecipientResult(SmtpReply.Of(451, "4.3.0", "later"), TransactionStep.FinalDot, false),
            ],
        });
        var task = _kit.Task(["a@example.com", "b@example.com"]);
        var second = task.Recipients[1].Id;

        await _kit.AttemptAsync(task, Remote);

        Assert.Equal([$"begin {second}", $"not sent {second}: 451 4.3.0 later"], _kit.Journal.Notes);
    }

    [Fact]
    public async Task What_a_lost_connection_leaves_in_doubt_stays_in_doubt()
    {
        _kit.Peers.Answer("mx1.example.com", (_, t) => FakePeers.All(t, null, TransactionStep.FinalDot, isUsable: false, mayBeAccepted: true));
        var task = _kit.Task(["a@example.com"]);

        await _kit.AttemptAsync(task, Remote);

        Assert.Equal([$"begin {task.Recipients[0].Id}"], _kit.Journal.Notes);
    }

    [Fact]
    public async Task Mail_goes_without_a_journal_that_cannot_be_written()
    {
        _kit.Journal.IsWritable = false;

        var result = await _kit.AttemptAsync(_kit.Task(["a@example.com"]), Remote);

        Assert.Equal(OutcomeKind.Delivered, Assert.Single(result.Outcomes).Outcome.Kind);
    }

    [Fact]
    public async Task Mail_waits_for_the_journal_where_nothing_may_arrive_twice()
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", OnUnknown = UnknownOutcome.Hold });
        kit.Journal.IsWritable = false;

        var result = await kit.AttemptAsync(kit.Task(["a@example.com"]), Remote);

        var outcome = Assert.Single(result.Outcomes).Outcome;
        Assert.Equal(OutcomeKind.Deferred, outcome.Kind);
        Assert.Contains("hand-off journal", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_behind_the_final_dot_leaves_the_outcome_unknown()
    {
        _kit.Peers.DotGate = new TaskCompletionSource().Task;
        using var cut = new CancellationTokenSource();
        var task = _kit.Task(["a@example.com"]);
        var attempt = _kit.Attempt.RunAsync(_kit.Job(task, Remote), _kit.QueueFor(Remote), cut.Token).AsTask();
        await Poll.UntilAsync("the final dot is out", () => _kit.Journal.Notes.Count > 0);

        await cut.CancelAsync();

        var outcome = Assert.Single((await attempt).Outcomes).Outcome;
        Assert.Equal((OutcomeKind.Unknown, "mx1.example.com"), (outcome.Kind, outcome.RemoteHost));
    }

    [Fact]
    public async Task What_an_earlier_process_had_sent_is_delivered_with_the_reply()
    {
        var task = Leave(new HandoffAnswer(true, SmtpReply.Of(250, "2.0.0", "queued as 7")));

        await _kit.NewRecovery().RunAsync(CancellationToken.None);

        var settlement = Assert.Single(_kit.Store.Settled);
        var recipient = Assert.Single(settlement.Recipients);
        Assert.Equal(task.Lease, settlement.Lease);
        Assert.Equal((RecipientState.Delivered, 1, "250 2.0.0 queued as 7"), (recipient.State, recipient.Attempts, recipient.LastReply));
        Assert.Equal(
            ("mx1.example.com", "192.0.2.1", "site.example.com", "b", "TLSv1.3"),
            (recipient.Event.RemoteHost, recipient.Event.RemoteAddress, recipient.Event.Site, recipient.Event.Source, recipient.Event.Tls));
        Assert.True(_kit.Journal.IsStarted);
    }

    [Theory]
    [InlineData(UnknownOutcome.Retry, RecipientState.Deferred)]
    [InlineData(UnknownOutcome.Hold, RecipientState.Held)]
    public async Task What_an_earlier_process_left_in_doubt_is_tried_again_or_held(UnknownOutcome handling, RecipientState state)
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", OnUnknown = handling });
        Leave(null, kit);

        await kit.NewRecovery().RunAsync(CancellationToken.None);

        var recipient = Assert.Single(Assert.Single(kit.Store.Settled).Recipients);
        Assert.Equal((state, "unknown", 1), (recipient.State, recipient.Event.Class, recipient.Attempts));
        Assert.Contains("may have accepted", recipient.LastReply, StringComparison.Ordinal);
    }

    private DeliveryTask Leave(HandoffAnswer? answer, DeliveryKit? kit = null)
    {
        kit ??= _kit;
        var task = kit.Task(["a@example.com"]);
        var note = new HandoffNote(new HandoffPeer("mx1.example.com", "192.0.2.1", "site.example.com", "b", "TLSv1.3"), answer);
        kit.Journal.Left.Add(new LeftHandoff(task, task.Recipients.ToDictionary(r => r.Id, _ => note)));
        return task;
    }
}

using Relay.Delivery;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DeliveryExplainerTests
{
    private readonly DeliveryKit _kit = new(new DeliveryOptions
    {
        Hostname = "relay.example.org",
        Limits = new Dictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>>
        {
            [LimitScope.Account] = new Dictionary<string, ThrottleOptions> { ["1"] = new() { MessageRate = new MessageRate(1, TimeSpan.FromHours(1)) } },
        },
    });

    private readonly MemoryQueueStore _store;
    private readonly ListedEvents _events = new();

    public DeliveryExplainerTests()
    {
        _store = new MemoryQueueStore(_kit.Clock);
        _kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        _kit.Dispatcher.Start((_, _) => { }, (_, _) => { });
    }

    [Fact]
    public async Task Mail_that_nothing_holds_back_goes_any_moment()
    {
        var why = await ExplainAsync(RecipientState.Ready, _kit.Clock.Now);

        Assert.Empty(why.Blockers);
        Assert.StartsWith("nothing holds it back", why.Summary, StringComparison.Ordinal);
        Assert.Equal(_kit.Clock.Now, why.Estimate);
        Assert.Equal("MX of example.com", why.Route!.Decision);
    }

    [Fact]
    public async Task A_limit_that_is_used_up_binds_with_its_origin_and_next_token()
    {
        var route = await _kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        var plan = _kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route, 1)!;
        _kit.Dispatcher.Complete(plan, [_kit.Task(["a@example.com"])]);

        var why = await ExplainAsync(RecipientState.Ready, _kit.Clock.Now);

        var blocker = Assert.Single(why.Blockers);
        Assert.Equal(("limits.account.\"1\"", _kit.Clock.Now.AddHours(1)), (blocker.Origin, blocker.Until!.Value));
        Assert.Contains("message_rate 1/h of account 1", why.Summary, StringComparison.Ordinal);
        Assert.Equal(_kit.Clock.Now.AddHours(1), why.Estimate);
    }

    [Fact]
    public async Task The_next_attempt_comes_before_what_would_bind_then()
    {
        await _kit.NewSuspensions().AddAsync(
            new OperatorSuspension { Scope = LimitScope.Domain, Name = "example.com", Reason = "moving", Actor = "ann", Since = _kit.Clock.Now }, CancellationToken.None);

        var why = await ExplainAsync(RecipientState.Scheduled, _kit.Clock.Now.AddMinutes(5));

        Assert.Equal(["its sender scheduled it", "domain example.com is suspended by ann: moving"], why.Blockers.Select(b => b.What));
        Assert.Null(why.Estimate);
    }

    [Fact]
    public async Task A_site_that_does_not_answer_is_named_with_its_reason()
    {
        var route = await _kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        var queue = _kit.Dispatcher.Paths.QueueOf(route, _kit.EgressPools.Sources[0], _kit.Clock.Now);
        for (var i = 0; i < 5; i++)
        {
            queue.Apply(SiteFeedback.Failure("connection refused", null), null, _kit.Clock.Now);
        }

        var why = await ExplainAsync(RecipientState.Ready, _kit.Clock.Now);

        Assert.Contains("does not answer: connection refused", why.Summary, StringComparison.Ordinal);
        Assert.NotNull(why.Estimate);
    }

    [Fact]
    public async Task Sources_that_all_rest_are_named_and_mail_that_stays_here_waits_for_none()
    {
        for (var i = 0; i < 10; i++)
        {
            _kit.Sources.Refused(_kit.EgressPools.Sources[0], $"site{i}", "listed");
        }

        var why = await ExplainAsync(RecipientState.Ready, _kit.Clock.Now);

        Assert.Contains("source default rests: refused by 10 sites in a row", why.Summary, StringComparison.Ordinal);
        Assert.Equal(_kit.Clock.Now.AddMinutes(15), why.Estimate);
        Assert.Null(_kit.Dispatcher.Paths.FindWithRoom(await _kit.Routes.ResolveAsync("example.com", CancellationToken.None), _kit.Clock.Now, forProbe: false));
        Assert.NotNull(_kit.Dispatcher.Paths.FindWithRoom(await _kit.Routes.ResolveAsync("simulator.relay.test", CancellationToken.None), _kit.Clock.Now, forProbe: false));
    }

    [Fact]
    public async Task The_last_three_attempts_stand_with_their_conversations()
    {
        var id = await EnqueueAsync(RecipientState.Ready, _kit.Clock.Now);
        var recipient = (await _store.FindAsync(id, CancellationToken.None))!.Recipients[0];
        for (var i = 5; i >= 1; i--)
        {
            _events.Events.Add(new DeliveryEvent
            {
                Kind = DeliveryEventKind.Deferred,
                At = _kit.Clock.Now,
                MessageId = id,
                RecipientId = recipient.Id,
                Attempt = i,
                Conversation = $"attempt {i}",
            });
        }

        var why = await ExplainAsync(id);

        Assert.Equal(["attempt 5", "attempt 4", "attempt 3"], why.Attempts.Select(a => a.Conversation));
    }

    [Theory]
    [InlineData("unknown", "nobody knows whether its receiver has it; its next attempt is not due yet")]
    [InlineData("network", "its next attempt is not due yet")]
    public async Task A_connection_lost_behind_the_final_dot_is_told_apart(string lastClass, string what)
    {
        var id = await EnqueueAsync(RecipientState.Ready, _kit.Clock.Now.AddMinutes(5));
        var recipient = (await _store.FindAsync(id, CancellationToken.None))!.Recipients[0];
        foreach (var (attempt, attemptClass) in new[] { (2, lastClass), (1, "unknown") })
        {
            _events.Events.Add(new DeliveryEvent
            {
                Kind = DeliveryEventKind.Deferred,
                At = _kit.Clock.Now,
                MessageId = id,
                RecipientId = recipient.Id,
                Attempt = attempt,
                Class = attemptClass,
            });
        }

        Assert.Equal(what, (await ExplainAsync(id)).Blockers[0].What);
    }

    [Fact]
    public async Task Held_and_final_recipients_say_so()
    {
        Assert.Contains("until an operator releases it", (await ExplainAsync(RecipientState.Held, _kit.Clock.Now)).Summary, StringComparison.Ordinal);
        Assert.Contains("nothing more will happen", (await ExplainAsync(RecipientState.Suppressed, _kit.Clock.Now)).Summary, StringComparison.Ordinal);
        Assert.Null(await NewExplainer().ExplainAsync(QueueId.New(_kit.Clock.Now), null, CancellationToken.None));
    }

    private DeliveryExplainer NewExplainer() => new(
        _store,
        _events,
        _kit.Routes,
        new RouteExplainer(_kit.Options, _kit.Rules, _kit.Routes, _kit.EgressPools, _kit.Sources, _kit.Families, new Random(1)),
        _kit.Dispatcher,
        _kit.EgressPools,
        _kit.Options,
        _kit.Clock);

    private async Task<QueueId> EnqueueAsync(RecipientState state, DateTimeOffset nextAttempt)
    {
        var draft = Drafts.Message(_kit.Clock.Now, [Drafts.Recipient("b@example.com", state, nextAttempt)]);
        await _store.EnqueueAsync([draft]);
        return draft.Message.Id;
    }

    private async Task<RecipientExplanation> ExplainAsync(RecipientState state, DateTimeOffset nextAttempt) => await ExplainAsync(await EnqueueAsync(state, nextAttempt));

    private async Task<RecipientExplanation> ExplainAsync(QueueId id) =>
        Assert.Single((await NewExplainer().ExplainAsync(id, null, CancellationToken.None))!.Recipients);

    private sealed class ListedEvents : IEventStore
    {
        public List<DeliveryEvent> Events { get; } = [];

        public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(EventFilter filter, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>([.. Events.Where(e => e.MessageId == filter.MessageId)]);

        public ValueTask ApplyRetentionAsync(TimeSpan events, TimeSpan conversations, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ShaperTests
{
    private static readonly ProviderPreset Big = new()
    {
        Name = "big",
        MxSuffixes = ["big.test"],
        Rules =
        [
            new ReplyRule { Name = "big/slow", Codes = [450], RateBy = 0.5, Connections = 3, For = TimeSpan.FromMinutes(10), Class = BounceClass.RateLimit },
            new ReplyRule { Name = "big/stop", Codes = [421], Suspend = SuspensionScope.Path, For = TimeSpan.FromMinutes(5), UsesHint = true },
            new ReplyRule { Name = "big/blocked", Codes = [554], Suspend = SuspensionScope.Source, For = TimeSpan.FromMinutes(5), Times = 3, Within = TimeSpan.FromMinutes(1) },
            new ReplyRule { Name = "big/closed", Codes = [521], Suspend = SuspensionScope.Site, For = TimeSpan.FromMinutes(5) },
            new ReplyRule { Name = "big/later", Codes = [451, 550], Defers = true, UsesHint = true },
        ],
    };

    private readonly DeliveryKit _kit = new(new DeliveryOptions
    {
        Hostname = "relay.example.org",
        Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new(), ["b"] = new() },
    });

    private readonly DecisionLog _log;
    private readonly EgressPath _path;
    private readonly Shaper _shaper;

    public ShaperTests()
    {
        _log = new DecisionLog(_kit.Metrics);
        _shaper = NewShaper();
        _path = new EgressPath(DeliveryKit.MxRoute("big").Site with { Provider = Big }, _kit.EgressPools.Sources[0]);
    }

    private DateTimeOffset Now => _kit.Clock.Now;

    [Fact]
    public void A_rule_lowers_the_limits_of_the_path_for_its_time()
    {
        Observe(SmtpReply.Of(450, "4.7.1", "too much"));

        var change = Assert.Single(_kit.Control.Active(_path.Key));
        Assert.Equal(("big/slow", 3, Now.AddMinutes(10), "450 4.7.1 too much"), (change.Name, change.MaxConnections!.Value, change.Until, change.Reason));
        Assert.Equal(ShapingAct.Limited, Assert.Single(_log.Take(10)).Act);

        _kit.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(_kit.Control.Active(_path.Key));
    }

    [Fact]
    public void The_rules_of_a_provider_are_not_for_hosts_of_somebody_else()
    {
        var said = Failure(SmtpReply.Of(421, "4.7.0", "go away"));
        var foreign = said with { Outcomes = [.. said.Outcomes.Select(o => o with { Outcome = o.Outcome with { IsForeign = true } })] };

        _shaper.Observe(_path, _shaper.Judge(_path, foreign));

        Assert.Empty(_kit.Control.Active());
        Assert.Empty(_log.Take(10));
    }

    [Fact]
    public void A_rate_is_lowered_from_what_went_of_late()
    {
        for (var i = 0; i < 600; i++)
        {
            _kit.Clock.Advance(TimeSpan.FromMilliseconds(100));
            _shaper.Observe(_path, Success());
        }

        Observe(SmtpReply.Of(450, "4.7.1", "too much"));

        // 10 a second, of which the fading average of a minute has seen about two thirds.
        var rate = Assert.Single(_kit.Control.Active(_path.Key)).MessageRate!;
        Assert.InRange(rate.Count, 150, 300);
        Assert.Equal(TimeSpan.FromMinutes(1), rate.Period);
    }

    [Fact]
    public void Replies_under_way_do_not_lower_it_again()
    {
        Observe(SmtpReply.Of(450, "4.7.1", "too much"));
        Observe(SmtpReply.Of(450, "4.7.1", "too much"));

        Assert.Single(_log.Take(10), d => d.Act == ShapingAct.Limited);
    }

    [Theory]
    [InlineData("go away", 300)]
    [InlineData("try again in 30 minutes", 1800)]
    public void A_suspension_lasts_as_the_reply_says_else_as_the_rule_says(string text, int seconds)
    {
        Observe(SmtpReply.Of(421, "4.7.0", text));

        var change = Assert.Single(_kit.Control.Active(_path.Key));
        Assert.Equal((true, Now.AddSeconds(seconds)), (change.IsSuspension, change.Until));
    }

    [Fact]
    public void A_site_is_suspended_from_every_source()
    {
        Observe(SmtpReply.Of(521, "5.3.2", "closed"));

        Assert.Equal(["a", "b"], _kit.Control.Active().Select(a => a.Path.Source).Order());
        Assert.Null(Assert.Single(_log.Take(10)).Source);
    }

    [Fact]
    public void A_source_rests_when_the_rule_has_matched_often_enough()
    {
        Observe(SmtpReply.Of(554, "5.7.1", "listed"));
        Observe(SmtpReply.Of(554, "5.7.1", "listed"));
        Assert.True(_kit.Sources.IsUsable(_path.Source));

        Observe(SmtpReply.Of(554, "5.7.1", "listed"));
        _kit.Sources.Accepted(_path.Source);
        Assert.False(_kit.Sources.IsUsable(_path.Source));
        Assert.Contains("big/blocked", _kit.Sources.StateOf(_path.Source).Reason, StringComparison.Ordinal);

        _kit.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True(_kit.Sources.IsUsable(_path.Source));
    }

    [Fact]
    public void Matches_too_far_apart_do_not_add_up()
    {
        for (var i = 0; i < 5; i++)
        {
            Observe(SmtpReply.Of(554, "5.7.1", "listed"));
            _kit.Clock.Advance(TimeSpan.FromSeconds(40));
        }

        Assert.True(_kit.Sources.IsUsable(_path.Source));
    }

    [Theory]
    [InlineData(451, "greylisted, come back in 5 minutes")]
    [InlineData(550, "frequency limited, retry in 5 minutes")]
    public void A_recipient_waits_as_long_as_its_reply_asks_for(int code, string text)
    {
        var outcome = Judged(SmtpReply.Of(code, code == 550 ? "5.7.1" : "4.7.1", text));

        Assert.Equal((OutcomeKind.Deferred, 4, Now.AddMinutes(5)), (outcome.Kind, outcome.Status.Class, outcome.RetryAt!.Value));
        Assert.Empty(_kit.Control.Active());
    }

    [Fact]
    public void Without_a_time_the_outcome_stays_as_it_is()
    {
        var outcome = Judged(SmtpReply.Of(550, "5.1.1", "no such user"));

        Assert.Equal((OutcomeKind.Rejected, null), (outcome.Kind, outcome.RetryAt));
    }

    [Fact]
    public void A_rule_may_name_another_class() => Assert.Equal(BounceClass.RateLimit, Judged(SmtpReply.Of(450, "4.2.2", "over quota")).Class);

    [Fact]
    public void Strain_that_repeats_is_learned_and_told_once()
    {
        Observe(SmtpReply.Of(452, "4.5.3", "rate limit"));
        Assert.Empty(_kit.Control.Active());
        Observe(SmtpReply.Of(452, "4.5.3", "rate limit"));

        var change = Assert.Single(_kit.Control.Active(_path.Key));
        Assert.Equal(("learning", 10), (change.Name, change.MaxConnections!.Value));
        var told = Assert.Single(_log.Take(10));
        Assert.Equal((ShapingAct.Learned, "big", "a"), (told.Act, told.Site, told.Source));

        for (var i = 0; i < 2000; i++)
        {
            _shaper.Observe(_path, Success());
        }

        Assert.Empty(_kit.Control.Active());
        Assert.Empty(_log.Take(10));
    }

    [Fact]
    public void What_was_decided_holds_after_a_restart_and_learning_goes_on_from_it()
    {
        Observe(SmtpReply.Of(421, "4.7.0", "try again in 30 minutes"));
        Observe(SmtpReply.Of(452, "4.5.3", "rate limit"));
        var decisions = _log.Take(10);
        foreach (var path in _kit.Control.Active().ToList())
        {
            _kit.Control.Remove(path.Path, path.Change.Name);
        }

        var restarted = NewShaper();
        foreach (var decision in decisions)
        {
            restarted.Resume(decision);
        }

        Assert.Equal(["big/stop (suspension)", "learning"], _kit.Control.Active(_path.Key).Select(c => c.Name));
        restarted.Observe(_path, Success());
        Assert.Equal(10, _kit.Control.Active(_path.Key).Single(c => c.Name == "learning").MaxConnections);
    }

    [Fact]
    public void An_operator_ends_a_decision()
    {
        Observe(SmtpReply.Of(421, "4.7.0", "go away"));
        _shaper.End(_log.Take(1)[0]);

        Assert.Empty(_kit.Control.Active());
    }

    private Shaper NewShaper() => new(_kit.Options, _kit.Control, _kit.EgressPools, _kit.Sources, _kit.Returns, new WarmupGate(_kit.Options, _kit.Clock), _log, NullLogger<Shaper>.Instance, _kit.Clock);

    private void Observe(SmtpReply reply) => _shaper.Observe(_path, _shaper.Judge(_path, Failure(reply)));

    private AttemptOutcome Judged(SmtpReply reply) => _shaper.Judge(_path, Failure(reply)).Outcomes[0].Outcome;

    private AttemptResult Failure(SmtpReply reply)
    {
        var outcome = OutcomeClassifier.Classify(new RecipientResult(reply, TransactionStep.Recipient, false), null);
        return AttemptResult.ForAll(_kit.Task(["a@big.test", "b@big.test"]), outcome, SiteFeedback.Success with { Reply = reply });
    }

    private AttemptResult Success() => AttemptResult.ForAll(_kit.Task(["a@big.test"]), AttemptOutcome.Delivered("ok"), SiteFeedback.Success);
}

using Relay.Platform.Domains;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AdviceJudgementTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(AdviceState.Missing)]
    [InlineData(AdviceState.Wrong)]
    public void What_was_never_in_order_does_not_drift(AdviceState state)
    {
        var first = Apply(null, state, 0);

        Assert.Null(Apply(first, AdviceState.Wrong, 24).DriftSince);
    }

    [Fact]
    public void What_was_in_order_drifts_until_it_is_mended()
    {
        var good = Apply(null, AdviceState.Ok, 0);
        var wrong = Apply(good, AdviceState.Wrong, 24);
        var later = Apply(wrong, AdviceState.Wrong, 24 * 30);

        Assert.Equal((Start, Start.AddHours(24)), (wrong.GoodAt, wrong.DriftSince));
        Assert.Equal(wrong.DriftSince, later.DriftSince);
        var mended = Apply(later, AdviceState.Ok, 1000);
        Assert.Equal((Start.AddHours(1000), null), (mended.GoodAt, mended.DriftSince));
    }

    [Fact]
    public void No_answer_neither_begins_nor_ends_a_drift()
    {
        var good = Apply(null, AdviceState.Ok, 0) with { Memory = "what was" };
        var unknown = Apply(good, AdviceState.Unknown, 24);
        Assert.Equal((Start, null, "what was"), (unknown.GoodAt, unknown.DriftSince, unknown.Memory));

        var wrong = Apply(unknown, AdviceState.Wrong, 48);
        Assert.Equal(Start.AddHours(48), Apply(wrong, AdviceState.Unknown, 72).DriftSince);
    }

    [Fact]
    public void What_is_gone_for_a_week_was_taken_away_on_purpose()
    {
        var gone = Apply(Apply(null, AdviceState.Ok, 0), AdviceState.Missing, 24);
        Assert.NotNull(Apply(gone, AdviceState.Missing, 7 * 24).DriftSince);

        var given = Apply(gone, AdviceState.Missing, 8 * 24);
        Assert.Equal((null, null), (given.GoodAt, given.DriftSince));
    }

    private static RecordAdvice Apply(RecordAdvice? before, AdviceState state, int hours) =>
        Assert.Single(AdviceJudgement.Apply(before is null ? [] : [before], [new RecordAdvice("mx", state, "found", null)], Start.AddHours(hours)));
}

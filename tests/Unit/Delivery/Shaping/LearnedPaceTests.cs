using FsCheck;
using FsCheck.Fluent;
using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class LearnedPaceTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>0–7: success, 8 and 9: strain; a second passes with each.</summary>
    [Fact]
    public void Never_leaves_its_limits() =>
        Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<byte[]>(), (max, steps) =>
        {
            var limit = max.Get % 200 + 1;
            var pace = LearnedPace.Start(limit);
            for (var i = 0; i < steps.Length; i++)
            {
                pace = (steps[i] % 10) switch
                {
                    >= 8 => pace.Strained(Noon.AddSeconds(i), steps[i]),
                    _ => pace.Succeeded(),
                };
                if (pace.Allowed < 1 || pace.Allowed > limit || pace.Rate <= 0 || pace.Rate > pace.RateBefore)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Recovers_from_anything() =>
        Prop.ForAll<byte[]>(steps =>
        {
            var pace = LearnedPace.Start(20);
            for (var i = 0; i < steps.Length; i++)
            {
                pace = pace.Strained(Noon.AddMinutes(i), steps[i] % 20);
            }

            for (var i = 0; i < 20_000 && (pace.Rate is not null || pace.Allowed < 20); i++)
            {
                pace = pace.Succeeded();
            }

            return pace.Rate is null && pace.Allowed == 20;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void One_bad_reply_in_a_thousand_changes_nothing()
    {
        var pace = LearnedPace.Start(20);
        for (var i = 0; i < 50_000; i++)
        {
            pace = i % 1000 == 999 ? pace.Strained(Noon.AddSeconds(i), 100) : pace.Succeeded();
        }

        Assert.Null(pace.Rate);
        Assert.Equal(20, pace.Allowed);
    }

    [Fact]
    public void Signs_that_repeat_lower_connections_and_rate_once_per_moment()
    {
        var pace = LearnedPace.Start(20);
        pace = pace.Strained(Noon, 10).Strained(Noon, 10);
        Assert.Equal((10, 7.0), (pace.Allowed, pace.Rate!.Value));

        var deaf = pace.Strained(Noon.AddSeconds(1), 10).Strained(Noon.AddSeconds(9), 10);
        Assert.Same(pace, deaf);

        var later = pace.Strained(Noon.AddSeconds(10), 10).Strained(Noon.AddSeconds(11), 10);
        Assert.Equal((5, 4.9), (later.Allowed, Math.Round(later.Rate!.Value, 3)));
    }

    [Fact]
    public void A_rate_comes_back_in_minutes_and_then_nothing_holds_it()
    {
        var pace = LearnedPace.Start(20).Strained(Noon, 10).Strained(Noon, 10);
        var seconds = 0.0;
        while (pace.Rate is { } rate)
        {
            pace = pace.Succeeded();
            seconds += 1 / rate;
        }

        Assert.InRange(seconds, 120, 300);
    }
}

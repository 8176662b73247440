using FsCheck;
using FsCheck.Fluent;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class TokenBucketProperties
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>However calls are spread, no stretch of time holds more than the burst and what came back in it.</summary>
    [Fact]
    public void Never_gives_more_than_the_burst_and_what_came_back_in_any_stretch()
    {
        var cases =
            from count in Gen.Choose(1, 100)
            from burst in Gen.Choose(1, 200)
            from periodMs in Gen.Choose(1, 5_000)
            from pauses in Gen.Choose(0, Math.Max(2, 3 * periodMs / count)).ArrayOf(600)
            select (Rate: TokenRate.Of(count, TimeSpan.FromMilliseconds(periodMs)) with { Burst = burst }, Pauses: pauses);

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var taken = Taken(c.Rate, c.Pauses);
            return Enumerable.Range(0, taken.Count).All(first => Enumerable.Range(first, taken.Count - first).All(last =>
                last - first + 1 <= c.Rate.Burst + ((taken[last] - taken[first]).Ticks / c.Rate.Interval.Ticks)));
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>What it announces can be taken, neither later nor more.</summary>
    [Fact]
    public void Gives_at_the_instant_it_names_and_as_many_as_it_says()
    {
        var cases =
            from burst in Gen.Choose(1, 50)
            from intervalMs in Gen.Choose(1, 2_000)
            from before in Gen.Choose(0, 60)
            from laterMs in Gen.Choose(0, 10_000)
            select (Rate: new TokenRate(burst, TimeSpan.FromMilliseconds(intervalMs)), Before: before, Later: TimeSpan.FromMilliseconds(laterMs));

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var bucket = default(TokenBucket);
            for (var i = 0; i < c.Before; i++)
            {
                bucket = bucket.Take(c.Rate, Start, out _);
            }

            var now = Start + c.Later;
            var said = bucket.AvailableBy(c.Rate, now, now);
            var next = bucket.NextAt(c.Rate, now);
            bucket.Take(c.Rate, next, out var isTaken);
            bucket.Take(c.Rate, next.AddTicks(-1), out var isEarly);
            var count = 0;
            for (var taken = true; taken; count += taken ? 1 : 0)
            {
                bucket = bucket.Take(c.Rate, now, out taken);
            }

            return isTaken && (next == now || !isEarly) && count == said;
        }).QuickCheckThrowOnFailure();
    }

    private static List<DateTimeOffset> Taken(TokenRate rate, int[] pauses)
    {
        var bucket = default(TokenBucket);
        var taken = new List<DateTimeOffset>();
        var now = Start;
        foreach (var pause in pauses)
        {
            now += TimeSpan.FromMilliseconds(pause);
            bucket = bucket.Take(rate, now, out var isTaken);
            if (isTaken)
            {
                taken.Add(now);
            }
        }

        return taken;
    }
}

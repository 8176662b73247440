using FsCheck;
using FsCheck.Fluent;
using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class RateMeterProperties
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>However calls are spread, no half-open window of the period holds more than the count.</summary>
    [Fact]
    public void Never_lets_more_through_than_the_rate_in_any_window()
    {
        var cases =
            from count in Gen.Choose(1, 400)
            from periodMs in Gen.Choose(1, 5_000)
            from pauses in Gen.Choose(0, Math.Max(2, 3 * periodMs / count)).ArrayOf(1_500)
            select (Count: count, Period: TimeSpan.FromMilliseconds(periodMs), Pauses: pauses);

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var taken = Taken(c.Count, c.Period, c.Pauses);
            return Enumerable.Range(0, Math.Max(0, taken.Count - c.Count)).All(i => taken[i + c.Count] - taken[i] >= c.Period);
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>The bound is no excuse for slowness: a steady stream gets nearly all of its rate.</summary>
    [Fact]
    public void Lets_nearly_all_of_the_rate_through()
    {
        Prop.ForAll(Gen.Choose(1, 2_000).ToArbitrary(), count =>
        {
            var meter = new RateMeter(new MessageRate(count, TimeSpan.FromSeconds(10)));
            var taken = 0;
            for (var now = Start; now < Start.AddSeconds(100); now += TimeSpan.FromMilliseconds(1))
            {
                taken += meter.TryTake(now) ? 1 : 0;
            }

            return taken >= 10 * count * 0.93;
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>What the meter announces for an instant can be taken by then, and no more.</summary>
    [Fact]
    public void Announces_exactly_what_can_be_taken()
    {
        var cases =
            from count in Gen.Choose(1, 200)
            from before in Gen.Choose(0, 300)
            from aheadMs in Gen.Choose(0, 3_000)
            select (count, before, aheadMs);

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var meter = new RateMeter(new MessageRate(c.count, TimeSpan.FromSeconds(1)));
            for (var i = 0; i < c.before; i++)
            {
                meter.TryTake(Start);
            }

            var until = Start.AddMilliseconds(c.aheadMs);
            var announced = meter.AvailableBy(Start, until);
            var taken = 0;
            for (var now = meter.NextAt(Start); now <= until; now = meter.NextAt(now))
            {
                taken += meter.TryTake(now) ? 1 : 0;
            }

            return announced == taken;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_next_attempt_lies_between_now_and_the_expiry()
    {
        var cases =
            from attempts in Gen.Choose(1, 200)
            from random in Gen.Choose(0, 1_000)
            from left in Gen.Choose(-1_000, 1_000_000)
            select (attempts, random / 1000.0, left);

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (attempts, random, left) = c;
            var expires = Start.AddSeconds(left);
            var next = RetrySchedule.Default.Next(attempts, Start, expires, random);
            return left <= 0 ? next is null : next > Start && next <= expires;
        }).QuickCheckThrowOnFailure();
    }

    private static List<DateTimeOffset> Taken(int count, TimeSpan period, int[] pauses)
    {
        var meter = new RateMeter(new MessageRate(count, period));
        var taken = new List<DateTimeOffset>();
        var now = Start;
        foreach (var pause in pauses)
        {
            now += TimeSpan.FromMilliseconds(pause);
            if (meter.TryTake(now))
            {
                taken.Add(now);
            }
        }

        return taken;
    }
}

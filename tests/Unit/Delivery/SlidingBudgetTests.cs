using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SlidingBudgetTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Is_never_exceeded_in_any_window_however_it_is_used()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var limit = random.Next(1, 2000);
            var period = TimeSpan.FromMilliseconds(random.Next(60, 100_000));
            var budget = new SlidingBudget(limit, period);
            var taken = new List<(DateTimeOffset At, long Amount)>();
            var now = Start;
            for (var i = 0; i < 300; i++)
            {
                now += random.Next(3) == 0 ? TimeSpan.Zero : period * (random.NextDouble() / random.Next(1, 60));
                var amount = random.Next(1, Math.Max(2, limit / random.Next(1, 20)));
                if (budget.CanTake(now, amount))
                {
                    budget.Take(now, amount);
                    taken.Add((now, amount));
                }
            }

            foreach (var (from, _) in taken)
            {
                var sum = taken.Where(t => t.At >= from && t.At < from + period).Sum(t => t.Amount);
                Assert.True(sum <= limit, $"seed {seed}: {sum} of {limit} within {period} from {from:O}");
            }
        }
    }

    [Fact]
    public void Says_when_there_will_be_room_and_there_is_then()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var budget = new SlidingBudget(100, TimeSpan.FromHours(1));
            var now = Start;
            for (var i = 0; i < 100; i++)
            {
                var amount = random.Next(1, 60);
                var next = budget.NextAt(now, amount);
                Assert.Equal(next == now, budget.CanTake(now, amount));
                Assert.InRange(next - now, TimeSpan.Zero, TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));
                now = next;
                Assert.True(budget.CanTake(now, amount), $"seed {seed}");
                budget.Take(now, amount);
            }
        }
    }

    [Fact]
    public void What_is_larger_than_the_budget_goes_alone()
    {
        var budget = new SlidingBudget(100, TimeSpan.FromMinutes(1));
        Assert.True(budget.CanTake(Start, 500));
        budget.Take(Start, 500);
        Assert.False(budget.CanTake(Start.AddSeconds(59), 1));
        Assert.True(budget.CanTake(Start.AddSeconds(62), 500));
    }

    [Fact]
    public void Counts_survive_as_text()
    {
        var budget = new SlidingBudget(10, TimeSpan.FromDays(1));
        budget.Take(Start, 4);
        budget.Take(Start.AddHours(6), 5);
        var later = new SlidingBudget(10, TimeSpan.FromDays(1));
        later.Restore(budget.Save() + ",nonsense,5:x", Start.AddHours(7));

        Assert.Equal(1, later.Available(Start.AddHours(7)));
        Assert.Equal(5, later.Available(Start.AddHours(25)));
        Assert.Equal(10, later.Available(Start.AddHours(31)));
    }
}

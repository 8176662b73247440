using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Limits over an hour or more hold across crashes: what may have been counted is written before it is.</summary>
public sealed class BudgetReserveTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly QueueFlow Flow = new(1, null, MailStream.Transactional, null);

    [Theory]
    [InlineData("budget")]
    [InlineData("pace")]
    [InlineData("bytes")]
    public void No_window_holds_more_than_the_limit_however_often_the_program_is_killed_or_its_limits_are_read_anew(string kind)
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var (limit, period) = (random.Next(1, 400), TimeSpan.FromHours(random.Next(1, 25)));
            var life = new Life(Options(kind, limit, period));
            var taken = new List<(DateTimeOffset At, long Amount)>();
            var now = Start;
            life.Begin(now);
            for (var i = 0; i < 2_000; i++)
            {
                now += period * (random.NextDouble() / random.Next(1, 200) * random.Next(0, 2));
                switch (random.Next(40))
                {
                    case 0:
                        life.Begin(now);
                        break;
                    case 1:
                        life.Reload(now, random.Next(100, 1_000));
                        break;
                    case < 10:
                        life.Write(isStored: random.Next(5) > 0, isKnown: random.Next(5) > 0, meanwhile: () =>
                        {
                            if (random.Next(10) == 0)
                            {
                                life.Reload(now, random.Next(100, 1_000));
                            }
                        });
                        break;
                    default:
                        var bytes = kind == "bytes" ? random.Next(1, Math.Max(2, limit / 4)) : 1;
                        if (life.TryTake(now, bytes))
                        {
                            taken.Add((now, bytes));
                        }

                        break;
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
    public void A_crash_costs_a_fiftieth_at_most_and_a_stop_nothing()
    {
        var life = new Life(Options("budget", 500, TimeSpan.FromDays(1)));
        life.Begin(Start);
        Assert.Equal(100, life.TakeAll(Start, 100));
        life.Begin(Start);
        Assert.InRange(life.TakeAll(Start, 100), 100, 100);
        life.Stop();
        life.Begin(Start);

        Assert.InRange(life.TakeAll(Start, 500), 290, 300);
    }

    [Fact]
    public void A_message_larger_than_the_reserve_gets_one_of_its_size()
    {
        var life = new Life(Options("bytes", 50_000_000, TimeSpan.FromDays(1)));
        life.Begin(Start);
        Assert.False(life.TryTake(Start, 30_000_000));
        life.Write();

        Assert.True(life.TryTake(Start, 30_000_000));
    }

    [Fact]
    public async Task Mail_goes_as_soon_as_the_store_knows_and_not_before()
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", Limits = Limits(Options("budget", 3, TimeSpan.FromDays(1))) });
        kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        var started = new List<(SiteQueue Queue, DeliveryJob Job)>();
        var keeper = new BudgetKeeper(kit.Dispatcher, kit.Budgets, NullLogger<BudgetKeeper>.Instance, kit.Clock);
        await keeper.LoadAsync(CancellationToken.None);
        kit.Dispatcher.Start((queue, job) => started.Add((queue, job)), (_, _) => { });
        var route = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        var plan = kit.Dispatcher.PlanLease(new QueueLane("example.com", Flow), route, 3)!;
        kit.Dispatcher.Complete(plan, [.. Enumerable.Range(0, 3).Select(_ => kit.Task(["a@example.com"], message: m => m with { AccountId = 1 }))]);
        Assert.Empty(started);

        for (var i = 1; i <= 3; i++)
        {
            Assert.True(await keeper.SaveAsync());
            Assert.Equal(i, started.Count);
            Assert.Contains("reserve=1:0", Assert.Single(kit.Budgets.Stored).Value, StringComparison.Ordinal);
        }

        await keeper.SaveLastAsync();
        Assert.DoesNotContain("reserve", Assert.Single(kit.Budgets.Stored).Value, StringComparison.Ordinal);
    }

    private static ThrottleOptions Options(string kind, int limit, TimeSpan period) => kind switch
    {
        "pace" => new ThrottleOptions { MessageRate = new MessageRate(limit, period) },
        "bytes" => new ThrottleOptions { ByteRate = new ByteRate(limit, period) },
        _ => new ThrottleOptions { MessageRate = new MessageRates([new(1_000_000, TimeSpan.FromSeconds(1)), new(limit, period)]) },
    };

    private static Dictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>> Limits(ThrottleOptions limits) =>
        new() { [LimitScope.Account] = new Dictionary<string, ThrottleOptions> { ["1"] = limits } };

    /// <summary>One throttle through several processes, with the store between them.</summary>
    private sealed class Life(ThrottleOptions limits)
    {
        private readonly DeliveryOptions _options = new() { Hostname = "relay.example.org", Limits = Limits(limits) };
        private readonly Dictionary<string, StoredBudget> _store = [];
        private ThrottleRegistry _registry = null!;

        /// <summary>Whatever ran before is gone without a word.</summary>
        public void Begin(DateTimeOffset now)
        {
            _registry = new ThrottleRegistry(_options);
            _registry.Restore(_store.Values, now);
            _registry.WriteAhead(() => { });
        }

        /// <summary>The limits are the same but for one that is not counted: what is written ahead begins anew.</summary>
        public void Reload(DateTimeOffset now, int connections)
        {
            var throttle = Assert.Single(_registry.OfFlow(Flow, "example.com", now));
            throttle.Change("reload", limits with { MaxConnections = connections });
            throttle.WriteAhead(() => { });
        }

        /// <param name="isKnown">False: the process was not told that it is stored.</param>
        /// <param name="meanwhile">Between the write and the word of it.</param>
        public void Write(bool isStored = true, bool isKnown = true, Action? meanwhile = null)
        {
            var changes = _registry.TakeChanges();
            meanwhile?.Invoke();
            foreach (var change in changes)
            {
                if (isStored)
                {
                    _store[change.Stored.Name] = change.Stored;
                }

                if (isStored && isKnown)
                {
                    change.Holder!.Written(change.Reserve!.Value);
                }
                else
                {
                    change.Throttle.IsChanged = true;
                }
            }
        }

        public void Stop()
        {
            foreach (var change in _registry.TakeChanges(isLast: true))
            {
                _store[change.Stored.Name] = change.Stored;
            }
        }

        public bool TryTake(DateTimeOffset now, long bytes)
        {
            var throttle = Assert.Single(_registry.OfFlow(Flow, "example.com", now));
            if (throttle.WaitOf(now, bytes) is not null)
            {
                return false;
            }

            throttle.Take(now, bytes);
            return true;
        }

        public int TakeAll(DateTimeOffset now, int most)
        {
            var taken = 0;
            for (var tries = 0; tries < 3 * most && taken < most; tries++)
            {
                if (TryTake(now, 1))
                {
                    taken++;
                }
                else
                {
                    Write();
                }
            }

            return taken;
        }
    }
}

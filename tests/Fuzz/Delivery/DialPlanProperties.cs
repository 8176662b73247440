using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using Relay.Delivery;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Fuzz;

/// <summary>Whatever hosts a zone names, the order of dialling keeps RFC 5321 §5.1 and its bounds.</summary>
public sealed class DialPlanProperties
{
    private static readonly EgressSource AnySource = EgressSource.SystemChosen("relay.example.org");
    private readonly FamilyMemory _families = new(new ManualTimeProvider());

    private static readonly Gen<Route> Routes =
        from preferences in Gen.Choose(0, 3).ListOf()
        from fours in Gen.Choose(0, 6).ListOf(preferences.Count)
        from sixes in Gen.Choose(0, 6).ListOf(preferences.Count)
        select RouteOf(preferences.Select((p, i) => (p, fours[i], sixes[i])).Take(20).ToList());

    [Fact]
    public void Preference_is_kept_bounds_hold_and_nothing_is_dialled_twice()
    {
        var cases = from route in Routes from seed in Gen.Choose(0, int.MaxValue) from isSuspect in Gen.Elements(true, false) select (route, seed, isSuspect);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var plan = PlanOf(c.route, c.seed, c.isSuspect);
            return plan.Count <= DialPlan.MaxTargets
                && plan.GroupBy(t => t.Host.Name).All(g => g.Count() <= DialPlan.MaxPerHost)
                && plan.Zip(plan.Skip(1)).All(pair => pair.First.Host.Preference <= pair.Second.Host.Preference)
                && plan.Select(t => t.Address).Distinct().Count() == plan.Count
                && (plan.Count > 0 || c.route.Hosts.All(h => h.Addresses.Count == 0));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_suspect_family_is_last_within_each_preference()
    {
        var cases = from route in Routes from seed in Gen.Choose(0, int.MaxValue) select (route, seed);
        Prop.ForAll(cases.ToArbitrary(), c => PlanOf(c.route, c.seed, isSuspect: true)
            .GroupBy(t => t.Host.Preference)
            .All(level => !level.SkipWhile(t => t.Family == AddressFamily.InterNetwork).Any(t => t.Family == AddressFamily.InterNetwork)))
            .QuickCheckThrowOnFailure();
    }

    /// <summary>Three equal hosts: over many plans each order begins about equally often.</summary>
    [Fact]
    public void Equal_preference_is_in_random_order()
    {
        var route = RouteOf([(10, 1, 0), (10, 1, 0), (10, 1, 0)]);
        var random = new Random(7);
        var firsts = Enumerable.Range(0, 3_000)
            .Select(_ => string.Join(' ', DialPlan.For(route, AnySource, new DialExclusions(), _families, random).Select(t => t.Host.Name)))
            .CountBy(order => order)
            .ToList();

        Assert.Equal(6, firsts.Count);
        Assert.All(firsts, order => Assert.InRange(order.Value, 400, 600));
    }

    private IReadOnlyList<DialTarget> PlanOf(Route route, int seed, bool isSuspect)
    {
        var families = isSuspect ? new FamilyMemory(new ManualTimeProvider()) : _families;
        if (isSuspect)
        {
            families.Failed(route.Site.Name, AddressFamily.InterNetworkV6);
        }

        return DialPlan.For(route, AnySource, new DialExclusions(), families, new Random(seed));
    }

    private static Route RouteOf(IReadOnlyList<(int Preference, int Fours, int Sixes)> hosts) => new()
    {
        Kind = RouteKind.Mx,
        Site = new Site("site", SiteLimits.Local),
        Origin = "test",
        Hosts =
        [
            .. hosts.Select((h, i) => new RouteHost(
                $"mx{i}.example.com",
                h.Preference,
                [
                    .. Enumerable.Range(1, h.Sixes).Select(n => IPAddress.Parse($"2001:db8:{i + 1:x}::{n}")),
                    .. Enumerable.Range(1, h.Fours).Select(n => IPAddress.Parse($"192.0.{i}.{n}")),
                ])),
        ],
    };
}

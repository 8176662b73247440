using System.Net;
using System.Net.Sockets;
using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DialPlanTests
{
    private static readonly EgressSource AnySource = EgressSource.SystemChosen("relay.example.org");

    private readonly DeliveryKit _kit = new();

    [Fact]
    public void A_family_that_failed_goes_last_for_ten_minutes()
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1", "192.0.2.1"), Host("b", 20, "2001:db8::2", "192.0.2.2"));
        _kit.Families.Failed("site", AddressFamily.InterNetworkV6);

        Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"], Plan(route));

        _kit.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"], Plan(route));
    }

    [Fact]
    public void What_failed_at_one_site_says_nothing_of_another()
    {
        _kit.Families.Failed("other", AddressFamily.InterNetworkV6);

        Assert.Equal(["2001:db8::1", "192.0.2.1"], Plan(DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1", "192.0.2.1"))));
    }

    [Fact]
    public void Only_addresses_with_the_other_family_behind_them_are_hurried()
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1", "192.0.2.1", "192.0.2.2"));

        var plan = DialPlan.For(route, AnySource, new DialExclusions(), _kit.Families, new Random(1));

        Assert.Equal([true, false, false], plan.Select(t => t.IsHurried));
    }

    [Fact]
    public async Task A_failed_connection_is_remembered_and_a_success_forgets_it()
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1", "192.0.2.1"));
        _kit.Peers.Refuse = target => target.Family == AddressFamily.InterNetworkV6 ? new DialException("timed out", isTimeout: true) : null;

        await _kit.AttemptAsync(_kit.Task(["x@example.com"]), route);

        Assert.True(_kit.Families.IsSuspect("site", AddressFamily.InterNetworkV6));
        Assert.False(_kit.Families.IsSuspect("site", AddressFamily.InterNetwork));

        _kit.Families.Succeeded("site", AddressFamily.InterNetworkV6);
        Assert.False(_kit.Families.IsSuspect("site", AddressFamily.InterNetworkV6));
    }

    [Fact]
    public async Task Trouble_of_our_own_says_nothing_about_a_family()
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1"));
        _kit.Peers.Refuse = _ => new DialException("not on this host", isTimeout: false) { IsOurs = true };

        await _kit.AttemptAsync(_kit.Task(["x@example.com"]), route);

        Assert.False(_kit.Families.IsSuspect("site", AddressFamily.InterNetworkV6));
    }

    [Theory]
    [InlineData("550", "5.7.1", true)]
    [InlineData("421", "4.7.0", true)]
    [InlineData("550", "5.7.25", true)]
    [InlineData("550", "5.1.8", false)]
    [InlineData("552", "5.3.4", false)]
    public async Task A_policy_refusal_of_mail_turns_to_the_other_family(string code, string enhanced, bool turns)
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1", "192.0.2.1"));
        var refusal = SmtpReply.Of(int.Parse(code, null), enhanced, "not from there");
        _kit.Peers.Answer("a", (session, transaction) => session.Address.AddressFamily == AddressFamily.InterNetworkV6
            ? FakePeers.All(transaction, refusal, TransactionStep.Mail, isUsable: code != "421")
            : FakePeers.All(transaction, SmtpReply.Of(250, "2.0.0", "ok"), TransactionStep.FinalDot));

        var result = await _kit.AttemptAsync(_kit.Task(["x@example.com"]), route);

        Assert.Equal(turns, result.Outcomes[0].Outcome.Kind == OutcomeKind.Delivered);
        Assert.Equal(turns, _kit.Families.IsSuspect("site", AddressFamily.InterNetworkV6));
    }

    [Fact]
    public async Task What_both_families_refuse_is_refused_after_two_connections()
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "2001:db8::1", "192.0.2.1", "192.0.2.2"));
        _kit.Peers.Answer("a", (_, transaction) => FakePeers.All(transaction, SmtpReply.Of(550, "5.7.1", "no"), TransactionStep.Mail));

        var result = await _kit.AttemptAsync(_kit.Task(["x@example.com"]), route);

        Assert.Equal(OutcomeKind.Rejected, result.Outcomes[0].Outcome.Kind);
        Assert.Equal(2, _kit.Peers.Targets.Count);
    }

    [Fact]
    public async Task Without_the_other_family_the_refusal_stands()
    {
        var route = DeliveryKit.MxRoute("site", Host("a", 10, "192.0.2.1", "192.0.2.2"));
        _kit.Peers.Answer("a", (_, transaction) => FakePeers.All(transaction, SmtpReply.Of(550, "5.7.1", "no"), TransactionStep.Mail));

        var result = await _kit.AttemptAsync(_kit.Task(["x@example.com"]), route);

        Assert.Equal(OutcomeKind.Rejected, result.Outcomes[0].Outcome.Kind);
        Assert.Single(_kit.Peers.Targets);
    }

    private static RouteHost Host(string name, int preference, params string[] addresses) => new(name, preference, [.. addresses.Select(IPAddress.Parse)]);

    private string[] Plan(Route route) =>
        [.. DialPlan.For(route, AnySource, new DialExclusions(), _kit.Families, new Random(1)).Select(t => t.AddressText)];
}

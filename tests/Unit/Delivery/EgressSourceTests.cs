using System.Net;
using Relay.Delivery;
using Relay.Mail;
using Relay.Smtp.Client;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Which sources are used: weights, missing addresses, refusals, and their names.</summary>
public sealed class EgressSourceTests
{
    private static readonly IPAddress First = IPAddress.Parse("192.0.2.10");
    private static readonly IPAddress Second = IPAddress.Parse("192.0.2.11");

    [Fact]
    public void Sources_take_turns_by_weight()
    {
        var kit = Kit(First, Second);

        Assert.Equal("aaba", string.Concat(Enumerable.Range(0, 4).Select(_ => kit.EgressPools.Find("mixed").Next(_ => true)!.Name)));
    }

    [Fact]
    public void A_source_whose_address_is_not_here_is_passed_over_until_it_is()
    {
        var kit = Kit(Second);
        var pool = kit.EgressPools.Find("mixed");

        Assert.Equal("bbb", string.Concat(Enumerable.Range(0, 3).Select(_ => pool.Next(_ => true)!.Name)));
        Assert.Contains("192.0.2.10 not on this machine", kit.Sources.StateOf(kit.EgressPools.Sources[0]).Reason, StringComparison.Ordinal);

        kit.Local.Addresses.Add(First);
        Assert.Contains("a", Enumerable.Range(0, 4).Select(_ => pool.Next(_ => true)!.Name));
    }

    [Fact]
    public void No_source_at_all_means_nobody_sends() => Assert.Null(Kit().EgressPools.Find("mixed").Next(_ => true));

    [Fact]
    public void What_the_system_chooses_is_never_missing()
    {
        var kit = new DeliveryKit();

        Assert.True(kit.Sources.IsUsable(kit.EgressPools.Sources[0]));
    }

    [Fact]
    public void Ten_sites_that_refuse_in_a_row_give_a_source_rest()
    {
        var kit = Kit(First, Second);
        var source = kit.EgressPools.Sources[0];
        Refuse(kit, source, 9);
        Refuse(kit, source, 9);
        Assert.True(kit.Sources.IsUsable(source));

        kit.Sources.Refused(source, "site-10", "554 listed");

        Assert.False(kit.Sources.IsUsable(source));
        Assert.Contains("554 listed", kit.Sources.StateOf(source).Reason, StringComparison.Ordinal);
        Assert.True(kit.Sources.IsUsable(kit.EgressPools.Sources[1]));
    }

    [Fact]
    public void After_its_rest_one_more_refusal_is_enough_and_one_acceptance_clears()
    {
        var kit = Kit(First, Second);
        var source = kit.EgressPools.Sources[0];
        Refuse(kit, source, 10);
        kit.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.True(kit.Sources.IsUsable(source));

        kit.Sources.Refused(source, "another", "554 listed");
        Assert.False(kit.Sources.IsUsable(source));

        kit.Sources.Accepted(source);
        Refuse(kit, source, 9);
        Assert.True(kit.Sources.IsUsable(source));
    }

    [Theory]
    [InlineData(554, "5.7.1", true)]
    [InlineData(550, "5.1.1", false)]
    public async Task Only_refusals_of_us_count(int code, string enhanced, bool counts)
    {
        var kit = Kit(First, Second);
        kit.Peers.Answer("mx", (_, transaction) => FakePeers.All(transaction, SmtpReply.Of(code, enhanced, "no"), TransactionStep.Mail));
        for (var i = 0; i < 10; i++)
        {
            await kit.AttemptAsync(kit.Task(["x@example.com"]), DeliveryKit.MxRoute($"site-{i}", FakePeers.Host("mx")));
        }

        Assert.Equal(!counts, kit.Sources.IsUsable(EgressSource.SystemChosen("x")));
    }

    [Theory]
    [InlineData("mail.example.org", "mail.example.org", null)]
    [InlineData("other.example.org", "mail.example.org", "its reverse name is other.example.org, but EHLO says mail.example.org")]
    [InlineData("other.example.org", "nowhere.example.org", "its reverse name is other.example.org, but EHLO says nowhere.example.org, which does not lead to it")]
    [InlineData("lost.example.org", "mail.example.org", "its reverse name lost.example.org does not lead back to it")]
    [InlineData(null, "mail.example.org", "has no reverse name (PTR); many receivers refuse such mail")]
    public async Task Names_of_a_source_must_agree(string? reverse, string ehlo, string? problem)
    {
        var zone = new ZoneTable().Address("mail.example.org", "192.0.2.10").Address("other.example.org", "192.0.2.10").Address("lost.example.org", "192.0.2.99");
        if (reverse is not null)
        {
            zone.Ptr("192.0.2.10", reverse);
        }

        var finding = await new ReverseNameCheck(zone).CheckAsync(First, ehlo, CancellationToken.None);

        Assert.Equal((problem, reverse), (finding.Problem, finding.Name));
    }

    [Fact]
    public async Task Every_public_source_is_checked_and_private_ones_are_not()
    {
        var kit = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Sources = new Dictionary<string, EgressSourceOptions>
            {
                ["inside"] = new() { Ipv4 = IPAddress.Parse("10.0.0.1") },
                ["outside"] = new() { Ipv4 = First, Ipv6 = IPAddress.Parse("2001:db8::10"), EhloName = "mail.example.org" },
            },
        });
        var zone = new ZoneTable().Address("mail.example.org", "192.0.2.10", "2001:db8::10").Ptr("192.0.2.10", "mail.example.org").Ptr("2001:db8::10", "mail.example.org");
        using var service = kit.NewReverseNames(zone);

        await service.CheckAllAsync(CancellationToken.None);

        var statuses = new SourceReport(kit.EgressPools, kit.Sources, service).Snapshot();
        Assert.Empty(statuses[0].ReverseNames);
        Assert.Equal(["192.0.2.10", "2001:db8::10"], statuses[1].ReverseNames.Select(f => f.Address));
        Assert.All(statuses[1].ReverseNames, f => Assert.Null(f.Problem));
    }

    private static void Refuse(DeliveryKit kit, EgressSource source, int sites)
    {
        for (var i = 1; i <= sites; i++)
        {
            kit.Sources.Refused(source, $"site-{i}", "554 listed");
        }
    }

    private static DeliveryKit Kit(params IPAddress[] present)
    {
        var kit = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new() { Ipv4 = First }, ["b"] = new() { Ipv4 = Second } },
            Pools = new Dictionary<string, IReadOnlyDictionary<string, int>> { ["mixed"] = new Dictionary<string, int> { ["a"] = 3, ["b"] = 1 } },
        });
        kit.Local.Addresses.UnionWith(present);
        return kit;
    }
}

using Relay.Dns;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>example.org sends; can answers come back?</summary>
public sealed class MailHostCheckTests
{
    private readonly AdviceWorld _world = new();

    [Fact]
    public async Task Hosts_with_addresses_are_in_order_and_listed_by_preference()
    {
        _world.Zone.Mx("example.org", 20, "mx2.example.org").Mx("example.org", 10, "mx1.example.org").Address("mx1.example.org", "192.0.2.1").Address("mx2.example.org", "192.0.2.2");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Ok, "10 mx1.example.org, 20 mx2.example.org", null), (advice.State, advice.Found, advice.Remedy));
        Assert.Empty(advice.Records);
        Assert.NotEqual(default, advice.LookedAt);
    }

    [Fact]
    public async Task A_null_mx_of_a_domain_that_sends_is_wrong()
    {
        _world.Zone.NullMx("example.org");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains("replies and bounces sent to From cannot arrive", advice.Found, StringComparison.Ordinal);
        Assert.Contains("RFC 7505", advice.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_null_mx_beside_others_says_two_things()
    {
        _world.Zone.NullMx("example.org").Mx("example.org", 10, "mx.example.org").Address("mx.example.org", "192.0.2.1");

        var advice = await LookAsync();

        Assert.Equal((AdviceState.Wrong, "a null MX ('0 .') stands beside mx.example.org"), (advice.State, advice.Found));
    }

    [Fact]
    public async Task Without_mx_the_domain_itself_takes_the_mail()
    {
        _world.Zone.Address("example.org", "192.0.2.1");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Missing, advice.State);
        Assert.Contains("mail goes to the address of example.org itself (192.0.2.1)", advice.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_mx_nor_address_is_wrong()
    {
        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.StartsWith("example.org has neither MX nor address", advice.Found, StringComparison.Ordinal);
        Assert.Empty(advice.Records);
    }

    [Fact]
    public async Task A_domain_that_is_received_here_is_told_the_record()
    {
        _world.Received.Add("example.org");

        Assert.Equal([new RecordToPublish("MX", "example.org", "relay.example.com", "10")], (await LookAsync()).Records);
    }

    [Fact]
    public async Task An_alias_is_wrong_and_its_target_is_to_be_named()
    {
        _world.Zone.Mx("example.org", 5, "mx.example.org").Alias("mx.example.org", "real.example.net").Address("real.example.net", "192.0.2.1");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Wrong, advice.State);
        Assert.Contains("mx.example.org is an alias (CNAME) of real.example.net", advice.Found, StringComparison.Ordinal);
        Assert.DoesNotContain("no host is left", advice.Found, StringComparison.Ordinal);
        Assert.Equal([new RecordToPublish("MX", "example.org", "real.example.net", "5")], advice.Records);
    }

    [Theory]
    [InlineData("192.0.2.7", "MX 192.0.2.7 is an address")]
    [InlineData("gone.example.org", "MX gone.example.org has no address")]
    public async Task A_host_that_cannot_be_reached_is_wrong(string host, string problem)
    {
        _world.Zone.Mx("example.org", 10, host);
        var alone = await LookAsync();
        Assert.Equal(AdviceState.Wrong, alone.State);
        Assert.StartsWith(problem, alone.Found, StringComparison.Ordinal);
        Assert.Contains("no host is left", alone.Found, StringComparison.Ordinal);

        _world.Zone.Mx("example.org", 20, "mx.example.org").Address("mx.example.org", "192.0.2.1");
        var beside = await LookAsync();
        Assert.Equal(AdviceState.Wrong, beside.State);
        Assert.DoesNotContain("no host is left", beside.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.org")]
    [InlineData("mx.example.org")]
    public async Task Trouble_of_dns_is_unknown(string name)
    {
        _world.Zone.Mx("example.org", 10, "mx.example.org").Fails(name, DnsStatus.Timeout, "no answer from 10.1.2.3");

        var advice = await LookAsync();

        Assert.Equal(AdviceState.Unknown, advice.State);
        Assert.EndsWith("the name servers do not answer", advice.Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_more_than_ten_hosts_are_looked_at()
    {
        foreach (var number in Enumerable.Range(0, 30))
        {
            _world.Zone.Mx("example.org", number, $"mx{number}.example.org");
        }

        await LookAsync();

        Assert.Equal(10, _world.Zone.Lookups.Count(lookup => lookup.StartsWith("ADDRESS mx", StringComparison.Ordinal)));
    }

    private Task<RecordAdvice> LookAsync() => _world.LookAsync("mx");
}

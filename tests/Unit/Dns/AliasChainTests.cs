using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public class AliasChainTests
{
    [Fact]
    public void Follows_a_chain_within_the_answer_and_takes_the_shortest_lifetime()
    {
        var chain = new AliasChain<AddressRecord>("www.example.com");

        Assert.True(Extend(chain, Packet("www.example.com")
            .Answer("end.example.com", DnsPacket.A, 3600, DnsPacket.AddressData("192.0.2.1"))
            .Answer("www.example.com", DnsPacket.Cname, 600, DnsPacket.Name("MID.example.com"))
            .Answer("mid.example.com", DnsPacket.Cname, 30, DnsPacket.Name("end.example.com"))));

        var answer = Answer(chain);
        Assert.Equal(DnsStatus.Success, answer.Status);
        Assert.Equal("192.0.2.1", Assert.Single(answer.Records).Address.ToString());
        Assert.Equal(TimeSpan.FromSeconds(30), answer.TimeToLive);
    }

    [Fact]
    public void Records_of_names_off_the_chain_are_not_taken()
    {
        var chain = new AliasChain<AddressRecord>("example.com");

        Extend(chain, Packet("example.com").Answer("evil.test", DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.66")));

        Assert.Equal(DnsStatus.NoData, Answer(chain).Status);
    }

    [Fact]
    public void A_chain_that_leaves_the_answer_asks_on()
    {
        var chain = new AliasChain<AddressRecord>("www.example.com");

        Assert.False(Extend(chain, Packet("www.example.com").Answer("www.example.com", DnsPacket.Cname, 60, DnsPacket.Name("host.test"))));
        Assert.Equal("host.test", chain.Name);
        Assert.True(Extend(chain, Packet("host.test").Answer("host.test", DnsPacket.A, 600, DnsPacket.AddressData("192.0.2.1"))));

        Assert.Equal(TimeSpan.FromSeconds(60), Answer(chain).TimeToLive);
    }

    [Fact]
    public void A_chain_is_authentic_only_as_a_whole()
    {
        var chain = new AliasChain<AddressRecord>("www.example.com");

        Extend(chain, Packet("www.example.com").Answer("www.example.com", DnsPacket.Cname, 60, DnsPacket.Name("host.test")), isAuthentic: false);
        Extend(chain, Packet("host.test").Answer("host.test", DnsPacket.A, 600, DnsPacket.AddressData("192.0.2.1")), isAuthentic: true);

        Assert.False(Answer(chain).IsAuthentic);
    }

    [Theory]
    [InlineData(0, DnsStatus.NoData)]
    [InlineData(3, DnsStatus.NoSuchDomain)]
    public void What_is_said_of_the_end_of_the_chain_is_final(int code, DnsStatus expected)
    {
        var chain = new AliasChain<AddressRecord>("www.example.com");

        Assert.True(Extend(chain, Packet("www.example.com").Code(code)
            .Answer("www.example.com", DnsPacket.Cname, 600, DnsPacket.Name("gone.test"))
            .StartOfAuthority("test", 3600, 900)));

        Assert.Equal(expected, Answer(chain).Status);
        Assert.Equal(TimeSpan.FromSeconds(600), Answer(chain).TimeToLive);
    }

    [Fact]
    public void A_negative_answer_without_soa_is_kept_for_a_short_while()
    {
        var chain = new AliasChain<AddressRecord>("example.com");

        Extend(chain, Packet("example.com"));

        Assert.Equal(AliasChain<AddressRecord>.UnstatedNegativeLifetime, Answer(chain).TimeToLive);
    }

    [Fact]
    public void A_loop_ends_as_a_temporary_failure()
    {
        var chain = new AliasChain<AddressRecord>("a.test");

        Assert.True(Extend(chain, Packet("a.test")
            .Answer("a.test", DnsPacket.Cname, 60, DnsPacket.Name("b.test"))
            .Answer("b.test", DnsPacket.Cname, 60, DnsPacket.Name("a.test"))));

        Assert.Equal(DnsStatus.ServerFailure, Answer(chain).Status);
        Assert.Equal("more than 8 CNAMEs in a row", Answer(chain).Detail);
    }

    [Theory]
    [InlineData(8, DnsStatus.Success)]
    [InlineData(9, DnsStatus.ServerFailure)]
    public void Eight_aliases_are_followed_and_no_more(int aliases, DnsStatus expected)
    {
        var chain = new AliasChain<AddressRecord>("n0.test");
        var packet = Packet("n0.test").Answer($"n{aliases}.test", DnsPacket.A, 60, DnsPacket.AddressData("192.0.2.1"));
        for (var i = 0; i < aliases; i++)
        {
            packet.Answer($"n{i}.test", DnsPacket.Cname, 60, DnsPacket.Name($"n{i + 1}.test"));
        }

        Extend(chain, packet);

        Assert.Equal(expected, Answer(chain).Status);
    }

    private static DnsPacket Packet(string name) => new DnsPacket().Question(name, DnsPacket.A);

    private static bool Extend(AliasChain<AddressRecord> chain, DnsPacket packet, bool isAuthentic = false)
    {
        Assert.True(DnsMessage.TryRead(packet.ToArray(), out var message));
        return chain.Extend(message, isAuthentic);
    }

    private static DnsAnswer<AddressRecord> Answer(AliasChain<AddressRecord> chain) => chain.ToAnswer(TimeSpan.FromSeconds(5));
}

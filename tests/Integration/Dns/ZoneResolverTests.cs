using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>A record published a moment ago is at the zone's servers long before the resolvers know of it.</summary>
public sealed class ZoneResolverTests
{
    private const string Name = "_relay-challenge.mail.example.com";
    private const ushort Authoritative = 0x8580;
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Asks_the_zones_own_servers()
    {
        await using var zone = ScriptedDnsServer.Answering(query => FromZone(query).Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData("new")).ToArray());
        await using var recursive = Recursive(zoneOf: "example.com");

        var answer = await Resolver(recursive, zone).LookupTxtAsync(Name, None);

        Assert.Equal([new TxtRecord("new")], answer.Records);
        Assert.Equal([Name], zone.TakeQueries().Select(query => query.Name));
        Assert.Equal(
            [Name, "mail.example.com", "example.com"],
            recursive.TakeQueries().Where(query => query.Type == DnsPacket.Ns).Select(query => query.Name));
    }

    [Fact]
    public async Task What_the_zone_denies_is_absent_whatever_the_resolvers_still_say()
    {
        await using var zone = ScriptedDnsServer.Answering(query => FromZone(query).Code(3).StartOfAuthority("example.com", 60, 60).ToArray());
        await using var recursive = Recursive("example.com");

        var answer = await Resolver(recursive, zone).LookupTxtAsync(Name, None);

        Assert.Equal(DnsStatus.NoSuchDomain, answer.Status);
    }

    [Fact]
    public async Task An_alias_is_read_itself_and_not_followed()
    {
        await using var zone = ScriptedDnsServer.Answering(
            query => FromZone(query).Answer("links.example.com", DnsPacket.Cname, 60, DnsPacket.Name("track.example.net")).ToArray());
        await using var recursive = Recursive("example.com");

        var answer = await Resolver(recursive, zone).LookupAliasAsync("links.example.com", None);

        Assert.Equal([new AliasRecord("track.example.net")], answer.Records);
    }

    [Fact]
    public async Task Servers_that_are_not_authoritative_or_silent_leave_it_to_the_resolvers()
    {
        await using var lame = ScriptedDnsServer.Answering(query => query.Reply().Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData("forged")).ToArray());
        await using var silent = ScriptedDnsServer.Silent();
        await using var recursive = Recursive("example.com");

        Assert.Equal([new TxtRecord("old")], (await Resolver(recursive, lame).LookupTxtAsync(Name, None)).Records);

        var asked = Resolver(recursive, silent).LookupTxtAsync(Name, None).AsTask();
        await silent.NextQueryAsync();
        _time.Advance(Patience);
        Assert.Equal([new TxtRecord("old")], (await asked).Records);
    }

    [Fact]
    public async Task An_alias_that_leads_out_of_the_zone_is_followed_by_the_resolvers()
    {
        await using var zone = ScriptedDnsServer.Answering(query => FromZone(query).Answer(Name, DnsPacket.Cname, 60, DnsPacket.Name("txt.example.net")).ToArray());
        await using var recursive = Recursive("example.com");

        Assert.Equal([new TxtRecord("old")], (await Resolver(recursive, zone).LookupTxtAsync(Name, None)).Records);
    }

    [Fact]
    public async Task Addresses_that_may_not_be_dialled_are_not_asked()
    {
        await using var zone = ScriptedDnsServer.Answering(query => FromZone(query).Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData("inside")).ToArray());
        await using var recursive = Recursive("example.com");

        var answer = await Resolver(recursive, zone, allowPrivate: false).LookupTxtAsync(Name, None);

        Assert.Equal([new TxtRecord("old")], answer.Records);
        Assert.Empty(zone.TakeQueries());
    }

    [Fact]
    public async Task Without_name_servers_below_the_top_the_resolvers_answer()
    {
        await using var zone = ScriptedDnsServer.Silent();
        await using var recursive = Recursive(zoneOf: "nowhere");

        Assert.Equal([new TxtRecord("old")], (await Resolver(recursive, zone).LookupTxtAsync(Name, None)).Records);
        Assert.Empty(zone.TakeQueries());
    }

    private static DnsPacket FromZone(ReceivedQuery query) => new DnsPacket(query.Id, Authoritative).Question(query.Name, query.Type);

    /// <summary>Knows the zone's server and an older state of its records.</summary>
    private static ScriptedDnsServer Recursive(string zoneOf) => ScriptedDnsServer.Answering(query => (query.Type, query.Name) switch
    {
        (DnsPacket.Ns, var name) when name == zoneOf => query.Reply().Answer(name, DnsPacket.Ns, 60, DnsPacket.Name("ns.example.com")).ToArray(),
        (DnsPacket.A, "ns.example.com") => query.Reply().Answer("ns.example.com", DnsPacket.A, 60, DnsPacket.AddressData("127.0.0.1")).ToArray(),
        (DnsPacket.Txt, Name) => query.Reply().Answer(Name, DnsPacket.Txt, 60, DnsPacket.TextData("old")).ToArray(),
        _ => query.Reply().StartOfAuthority("com", 60, 60).ToArray(),
    });

    private ZoneResolver Resolver(ScriptedDnsServer recursive, ScriptedDnsServer zone, bool allowPrivate = true)
    {
        var options = new ResolverOptions { Servers = [recursive.EndPoint], Timeout = Patience, Attempts = 1 };
        return new ZoneResolver(
            new StubResolver(options, _time), new TargetPolicy(allowPrivate, []), options, _time, zone.EndPoint.Port);
    }
}

using System.Net;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

public class DnsmasqTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [PeerFact("dnsmasq")]
    public async Task Dnsmasq_answers_every_kind_of_lookup()
    {
        await using var dnsmasq = await StartAsync();
        var resolver = dnsmasq.NewResolver();

        Assert.Equal([new MxRecord(10, "mx.example.test")], (await resolver.LookupMxAsync("example.test", None)).Records);
        Assert.Equal(
            ["192.0.2.1", "2001:db8::1"],
            (await resolver.LookupAddressesAsync("mx.example.test", None)).Records.Select(r => r.Address.ToString()));
        Assert.Equal(
            "192.0.2.1",
            (await resolver.LookupAddressesAsync("alias.example.test", None)).Records[0].Address.ToString());
        Assert.Equal("v=spf1 mx -all", Assert.Single((await resolver.LookupTxtAsync("example.test", None)).Records).Text);
        Assert.Equal(
            "mx.example.test",
            Assert.Single((await resolver.LookupPtrAsync(IPAddress.Parse("192.0.2.1"), None)).Records).Name);
        var tlsa = Assert.Single((await resolver.LookupTlsaAsync("_25._tcp.mx.example.test", None)).Records);
        Assert.Equal((3, 1, 1, "0A0B0C"), (tlsa.Usage, tlsa.Selector, tlsa.MatchingType, Convert.ToHexString(tlsa.Data.Span)));
    }

    [PeerFact("dnsmasq")]
    public async Task Dnsmasq_tells_no_data_from_no_such_domain()
    {
        await using var dnsmasq = await StartAsync();
        var resolver = dnsmasq.NewResolver();

        Assert.Equal(DnsStatus.NoData, (await resolver.LookupTxtAsync("mx.example.test", None)).Status);
        Assert.Equal(DnsStatus.NoSuchDomain, (await resolver.LookupMxAsync("absent.example.test", None)).Status);
        Assert.True((await resolver.LookupMxAsync("elsewhere.invalid", None)).IsTemporary);
    }

    private static Task<DnsPeer> StartAsync()
    {
        var port = DnsPeer.FreePort();
        return DnsPeer.StartAsync(
            "dnsmasq",
            port,
            "started",
            "--no-daemon",
            "--conf-file=/dev/null",
            $"--port={port}",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--no-resolv",
            "--no-hosts",
            "--pid-file=",
            $"--user={Environment.UserName}",
            "--local=/example.test/",
            "--mx-host=example.test,mx.example.test,10",
            "--host-record=mx.example.test,192.0.2.1,2001:db8::1",
            "--cname=alias.example.test,mx.example.test",
            "--txt-record=example.test,v=spf1 mx -all",
            "--dns-rr=_25._tcp.mx.example.test,52,0301010a0b0c");
    }
}

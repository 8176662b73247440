using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>unbound validates zones that nsd serves: one signed, one that should be signed and is not.</summary>
public sealed class ValidatingServerTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("relay-dnssec-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PeerFact("unbound", "nsd", "ldns-keygen", "ldns-signzone")]
    public async Task Dnssec_verdicts_of_a_validating_server_reach_the_answer()
    {
        await SignZoneAsync("signed.test");
        await SignZoneAsync("bogus.test");
        await using var nsd = await StartNsdAsync();
        await using var unbound = await StartUnboundAsync(nsd.EndPoint.Port);
        var resolver = unbound.NewResolver();

        var signed = await resolver.LookupMxAsync("signed.test", None);
        Assert.Equal([new MxRecord(10, "mx.signed.test")], signed.Records);
        Assert.True(signed.IsAuthentic);

        var addresses = await resolver.LookupAddressesAsync("alias.signed.test", None);
        Assert.Equal("192.0.2.1", Assert.Single(addresses.Records).Address.ToString());
        Assert.True(addresses.IsAuthentic);

        var absent = await resolver.LookupTlsaAsync("_25._tcp.mx.signed.test", None);
        Assert.Equal(DnsStatus.NoSuchDomain, absent.Status);
        Assert.True(absent.IsAuthentic);

        var large = await resolver.LookupTxtAsync("large.signed.test", None);
        Assert.Equal(3000, Assert.Single(large.Records).Text.Length);

        var plain = await resolver.LookupMxAsync("plain.test", None);
        Assert.True(plain.IsSuccess);
        Assert.False(plain.IsAuthentic);

        var bogus = await resolver.LookupMxAsync("bogus.test", None);
        Assert.Equal(DnsStatus.ServerFailure, bogus.Status);
        Assert.Matches(@"^SERVFAIL from 127\.0\.0\.1:\d+ \(DNS(SEC bogus|KEY missing)", bogus.Detail);
    }

    private string At(string name) => Path.Combine(_folder, name);

    private static string Zone(string name) =>
        $"""
        $ORIGIN {name}.
        $TTL 300
        @ IN SOA ns hostmaster 1 3600 600 86400 300
        @ IN NS ns
        ns IN A 127.0.0.1
        @ IN MX 10 mx
        mx IN A 192.0.2.1
        alias IN CNAME mx
        large IN TXT {string.Join(' ', Enumerable.Repeat($"\"{new string('x', 250)}\"", 12))}

        """;

    /// <summary>Writes NAME.zone, NAME.zone.signed and the key for the trust anchor.</summary>
    private async Task SignZoneAsync(string name)
    {
        await File.WriteAllTextAsync(At(name + ".zone"), Zone(name));
        var key = (await DnsPeer.RunAsync("ldns-keygen", _folder, "-a", "ECDSAP256SHA256", "-k", name)).Trim();
        await DnsPeer.RunAsync("ldns-signzone", _folder, name + ".zone", key);
        File.Move(At(key + ".key"), At(name + ".anchor"));
    }

    private async Task<DnsPeer> StartNsdAsync()
    {
        await File.WriteAllTextAsync(At("plain.test.zone"), Zone("plain.test"));
        var port = DnsPeer.FreePort();
        await File.WriteAllTextAsync(At("nsd.conf"), $"""
            server:
              ip-address: 127.0.0.1@{port}
              username: ""
              chroot: ""
              database: ""
              pidfile: ""
              zonesdir: "{_folder}"
              xfrdfile: "{At("xfrd")}"
              xfrdir: "{_folder}"
              zonelistfile: "{At("zones")}"
            remote-control:
              control-enable: no
            zone:
              name: signed.test
              zonefile: signed.test.zone.signed
            zone:
              name: bogus.test
              zonefile: bogus.test.zone
            zone:
              name: plain.test
              zonefile: plain.test.zone

            """);
        return await DnsPeer.StartAsync("nsd", port, "nsd started", "-d", "-c", At("nsd.conf"));
    }

    private async Task<DnsPeer> StartUnboundAsync(int authorityPort)
    {
        var port = DnsPeer.FreePort();
        var stubs = string.Concat(((string[])["signed.test", "bogus.test", "plain.test"]).Select(zone =>
            $"stub-zone:\n  name: {zone}\n  stub-addr: 127.0.0.1@{authorityPort}\n"));
        await File.WriteAllTextAsync(At("unbound.conf"), $"""
            server:
              interface: 127.0.0.1@{port}
              username: ""
              chroot: ""
              directory: "{_folder}"
              pidfile: ""
              use-syslog: no
              verbosity: 1
              do-ip6: no
              ede: yes
              module-config: "validator iterator"
              do-not-query-localhost: no
              local-zone: test. nodefault
              trust-anchor-file: "{At("signed.test.anchor")}"
              trust-anchor-file: "{At("bogus.test.anchor")}"
            remote-control:
              control-enable: no

            """ + stubs);
        return await DnsPeer.StartAsync("unbound", port, "start of service", "-d", "-c", At("unbound.conf"));
    }
}

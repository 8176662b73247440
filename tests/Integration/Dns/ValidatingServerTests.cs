using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>unbound validates zones that nsd serves: one signed, one that should be signed and is not.</summary>
public sealed class ValidatingServerTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly string Records = $"""
        @ IN MX 10 mx
        mx IN A 192.0.2.1
        alias IN CNAME mx
        large IN TXT {string.Join(' ', Enumerable.Repeat($"\"{new string('x', 250)}\"", 12))}
        """;

    [PeerFact("unbound", "nsd", "ldns-keygen", "ldns-signzone")]
    public async Task Dnssec_verdicts_of_a_validating_server_reach_the_answer()
    {
        await using var zones = new SignedZones();
        await zones.SignedAsync("signed.test", Records);
        await zones.BogusAsync("bogus.test", Records);
        await zones.PlainAsync("plain.test", Records);
        await zones.StartAsync();
        var resolver = zones.Validator.NewResolver();

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
}

using System.Net;
using Relay.Dns;
using Xunit;

namespace Relay.Tests.Support;

/// <summary>What every <see cref="IDnsResolver"/> does with the same zone.</summary>
public abstract class DnsResolverContract
{
    private const string LongText = "v=DKIM1; k=rsa; p=";

    /// <summary>A resolver that sees exactly what <paramref name="zone"/> holds.</summary>
    protected abstract IDnsResolver ResolverFor(ZoneTable zone);

    [Fact]
    public async Task Finds_mail_exchangers_with_their_preferences()
    {
        var zone = new ZoneTable().Mx("example.com", 10, "mx1.example.com").Mx("example.com", 20, "mx2.example.com");

        var answer = await ResolverFor(zone).LookupMxAsync("example.com", CancellationToken.None);

        Assert.Equal(DnsStatus.Success, answer.Status);
        Assert.Equal([new MxRecord(10, "mx1.example.com"), new MxRecord(20, "mx2.example.com")], answer.Records.OrderBy(r => r.Preference));
        Assert.Equal(zone.TimeToLive, answer.TimeToLive);
    }

    [Fact]
    public async Task Shows_a_null_mx_with_an_empty_exchange()
    {
        var answer = await ResolverFor(new ZoneTable().NullMx("example.com")).LookupMxAsync("example.com", CancellationToken.None);

        Assert.True(Assert.Single(answer.Records).IsNull);
    }

    [Fact]
    public async Task Finds_a_name_in_any_case()
    {
        var zone = new ZoneTable().Mx("example.com", 10, "mx.example.com");

        var answer = await ResolverFor(zone).LookupMxAsync("EXAMPLE.Com", CancellationToken.None);

        Assert.True(answer.IsSuccess);
    }

    [Fact]
    public async Task Finds_addresses_of_both_families()
    {
        var zone = new ZoneTable().Address("mx.example.com", "192.0.2.1", "192.0.2.2", "2001:db8::1");

        var answer = await ResolverFor(zone).LookupAddressesAsync("mx.example.com", CancellationToken.None);

        Assert.Equal(["192.0.2.1", "192.0.2.2", "2001:db8::1"], answer.Records.Select(r => r.Address.ToString()).Order());
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("2001:db8::1")]
    public async Task One_family_alone_is_a_success(string address)
    {
        var zone = new ZoneTable().Address("mx.example.com", address);

        var answer = await ResolverFor(zone).LookupAddressesAsync("mx.example.com", CancellationToken.None);

        Assert.Equal(IPAddress.Parse(address), Assert.Single(answer.Records).Address);
    }

    [Fact]
    public async Task Joins_the_strings_of_a_long_text()
    {
        var text = LongText + new string('A', 700);
        var zone = new ZoneTable().Txt("s._domainkey.example.com", text);

        var answer = await ResolverFor(zone).LookupTxtAsync("s._domainkey.example.com", CancellationToken.None);

        Assert.Equal(text, Assert.Single(answer.Records).Text);
    }

    [Fact]
    public async Task Finds_certificate_associations()
    {
        byte[] digest = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        var zone = new ZoneTable().Tlsa("_25._tcp.mx.example.com", 3, 1, 1, digest);

        var record = Assert.Single((await ResolverFor(zone).LookupTlsaAsync("_25._tcp.mx.example.com", CancellationToken.None)).Records);

        Assert.Equal((3, 1, 1), (record.Usage, record.Selector, record.MatchingType));
        Assert.Equal(digest, record.Data.ToArray());
    }

    [Theory]
    [InlineData("192.0.2.25")]
    [InlineData("2001:db8::25")]
    public async Task Finds_the_name_of_an_address(string address)
    {
        var zone = new ZoneTable().Ptr(address, "relay.example.com");

        var answer = await ResolverFor(zone).LookupPtrAsync(IPAddress.Parse(address), CancellationToken.None);

        Assert.Equal("relay.example.com", Assert.Single(answer.Records).Name);
    }

    [Fact]
    public async Task A_mapped_address_has_the_name_of_its_ipv4_address()
    {
        var zone = new ZoneTable().Ptr("192.0.2.25", "relay.example.com");

        var answer = await ResolverFor(zone).LookupPtrAsync(IPAddress.Parse("::ffff:192.0.2.25"), CancellationToken.None);

        Assert.Equal("relay.example.com", Assert.Single(answer.Records).Name);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_no_such_domain()
    {
        var resolver = ResolverFor(new ZoneTable());

        Assert.Equal(DnsStatus.NoSuchDomain, (await resolver.LookupMxAsync("absent.example.com", CancellationToken.None)).Status);
        Assert.Equal(DnsStatus.NoSuchDomain, (await resolver.LookupAddressesAsync("absent.example.com", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_name_without_records_of_the_type_is_no_data()
    {
        var resolver = ResolverFor(new ZoneTable().Txt("example.com", "v=spf1 -all"));

        var mx = await resolver.LookupMxAsync("example.com", CancellationToken.None);

        Assert.Equal(DnsStatus.NoData, mx.Status);
        Assert.Empty(mx.Records);
        Assert.False(mx.IsTemporary);
        Assert.Equal(DnsStatus.NoData, (await resolver.LookupAddressesAsync("example.com", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_failing_name_is_temporary_and_says_why()
    {
        var zone = new ZoneTable().Fails("example.com", DnsStatus.ServerFailure, "DNSSEC bogus");

        var answer = await ResolverFor(zone).LookupMxAsync("example.com", CancellationToken.None);

        Assert.Equal(DnsStatus.ServerFailure, answer.Status);
        Assert.True(answer.IsTemporary);
        Assert.Contains("DNSSEC bogus", answer.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_authentic_answers_are_authentic()
    {
        var zone = new ZoneTable()
            .Mx("signed.example.com", 10, "mx.example.com")
            .Mx("plain.example.com", 10, "mx.example.com")
            .Authentic("signed.example.com");
        var resolver = ResolverFor(zone);

        Assert.True((await resolver.LookupMxAsync("signed.example.com", CancellationToken.None)).IsAuthentic);
        Assert.False((await resolver.LookupMxAsync("plain.example.com", CancellationToken.None)).IsAuthentic);
    }

    [Fact]
    public async Task A_proven_absence_is_authentic()
    {
        var zone = new ZoneTable().Authentic("_25._tcp.mx.example.com");

        var answer = await ResolverFor(zone).LookupTlsaAsync("_25._tcp.mx.example.com", CancellationToken.None);

        Assert.Equal(DnsStatus.NoSuchDomain, answer.Status);
        Assert.True(answer.IsAuthentic);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words.example.com")]
    [InlineData("a..example.com")]
    [InlineData("bücher.example.com")]
    public async Task A_name_dns_cannot_hold_does_not_exist(string name)
    {
        var answer = await ResolverFor(new ZoneTable()).LookupMxAsync(name, CancellationToken.None);

        Assert.Equal(DnsStatus.NoSuchDomain, answer.Status);
    }

    [Fact]
    public async Task A_cancelled_lookup_is_cancelled()
    {
        var resolver = ResolverFor(new ZoneTable());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await resolver.LookupMxAsync("example.com", new CancellationToken(canceled: true)));
    }
}

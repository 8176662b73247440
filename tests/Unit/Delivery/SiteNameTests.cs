using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SiteNameTests
{
    private static readonly ProviderTable Providers = new(new ConfigurationFixture().Options(null).Shaping.Providers);

    [Theory]
    [InlineData("google", "aspmx.l.google.com:1", "alt1.aspmx.l.google.com:5")]
    [InlineData("google", "aspmx2.googlemail.com:10")]
    [InlineData("microsoft365", "example-com.mail.protection.outlook.com:0")]
    [InlineData("outlook", "hotmail-com.olc.protection.outlook.com:2")]
    [InlineData("yahoo", "mta5.am0.yahoodns.net:1", "mta6.am0.yahoodns.net:1")]
    [InlineData("apple", "mx01.mail.icloud.com:10")]
    [InlineData("example.com", "mx1.example.com:10", "mx2.example.com:10")]
    [InlineData("example.com", "MX1.Example.COM:10")]
    [InlineData("example.co.uk", "mx.mail.example.co.uk:10")]
    [InlineData("example.com", "mx.example.com:10", "backup.example.net:20")]
    [InlineData("example.com+example.net", "mx.example.net:10", "mx.example.com:10")]
    [InlineData("example.com", "example.com:0")]
    [InlineData("localhost", "localhost:0")]
    [InlineData("example.com.bd", "mx.example.com.bd:10")]
    [InlineData("example.k12.ma.us", "mx.example.k12.ma.us:10")]
    [InlineData("xn--85x722f.com.cn", "mx.xn--85x722f.com.cn:10")]
    public void Comes_from_the_most_preferred_hosts(string expected, params string[] hosts)
    {
        var set = hosts.Select(h => h.Split(':')).Select(h => (int.Parse(h[1], System.Globalization.CultureInfo.InvariantCulture), h[0])).ToList();

        Assert.Equal(expected, SiteName.Of(set, Providers));
    }

    [Fact]
    public void A_suffix_counts_only_at_a_label_border() => Assert.Equal("notgoogle.com", SiteName.Of([(10, "mx.notgoogle.com")], Providers));

    [Fact]
    public void Does_not_grow_with_the_set() =>
        Assert.Equal("a.test+b.test+c.test+d.test", SiteName.Of([(1, "f.test"), (1, "e.test"), (1, "d.test"), (1, "c.test"), (1, "b.test"), (1, "a.test")], Providers));
}

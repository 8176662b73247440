using System.Net;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The spellings of durations, sizes, rates, endpoints and networks.</summary>
public sealed class SettingValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("1h", 3600)]
    [InlineData("5d", 432_000)]
    public void Reads_durations_and_writes_them_the_same(string text, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.TryParse(text));
        Assert.Equal(text, Duration.Format(TimeSpan.FromSeconds(seconds)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("+5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("1.5h")]
    [InlineData("5min")]
    [InlineData("1h30m")]
    [InlineData("٣s")]
    [InlineData("9999999999d")]
    [InlineData("99999999999999999999s")]
    public void Refuses_other_durations(string text) => Assert.Null(Duration.TryParse(text));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("100B", 100)]
    [InlineData("512KiB", 512 * 1024)]
    [InlineData("25MiB", 25 * 1024 * 1024)]
    [InlineData("3GiB", 3L << 30)]
    [InlineData("2TiB", 2L << 40)]
    public void Reads_sizes_and_writes_them_the_same(string text, long bytes)
    {
        Assert.Equal(new ByteSize(bytes), ByteSize.TryParse(text));
        Assert.Equal(text, new ByteSize(bytes).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("25")]
    [InlineData("25MB")]
    [InlineData("25M")]
    [InlineData("MiB")]
    [InlineData("-1MiB")]
    [InlineData("1.5MiB")]
    [InlineData("9999999999TiB")]
    public void Refuses_other_sizes(string text) => Assert.Null(ByteSize.TryParse(text));

    [Theory]
    [InlineData("20/s", 20, 1)]
    [InlineData("100/m", 100, 60)]
    [InlineData("1000/h", 1000, 3600)]
    [InlineData("10000/d", 10_000, 86_400)]
    public void Reads_rates_and_writes_them_the_same(string text, int amount, int seconds)
    {
        var rate = Rate.TryParse(text);

        Assert.Equal(new Rate(amount, TimeSpan.FromSeconds(seconds)), rate);
        Assert.Equal(text, rate.ToString());
    }

    [Theory]
    [InlineData("20")]
    [InlineData("/s")]
    [InlineData("0/s")]
    [InlineData("20/x")]
    [InlineData("20/")]
    [InlineData("20 /s")]
    [InlineData("-1/s")]
    [InlineData("9999999999/s")]
    public void Refuses_other_rates(string text) => Assert.Null(Rate.TryParse(text));

    [Theory]
    [InlineData("127.0.0.1:2525")]
    [InlineData("[::1]:25")]
    [InlineData("0.0.0.0:0")]
    public void Reads_endpoints(string text) => Assert.Equal(text, Endpoint.TryParse(text)?.ToString());

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1:25")]
    [InlineData("localhost:25")]
    [InlineData("[127.0.0.1]:25")]
    [InlineData("127.1:25")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:")]
    [InlineData("010.0.0.1:25")]
    [InlineData(":25")]
    [InlineData("[]:25")]
    public void Refuses_other_endpoints(string text) => Assert.Null(Endpoint.TryParse(text));

    [Fact]
    public void A_single_address_is_a_network_of_itself()
    {
        Assert.Equal(IPNetwork.Parse("192.0.2.1/32"), Endpoint.TryParseNetwork("192.0.2.1"));
        Assert.Equal(IPNetwork.Parse("2001:db8::1/128"), Endpoint.TryParseNetwork("2001:db8::1"));
    }

    [Theory]
    [InlineData("192.0.2.0/33")]
    [InlineData("192.0.2.1/24")]
    [InlineData("192.0.2/24")]
    [InlineData("example.com/24")]
    public void Refuses_other_networks(string text) => Assert.Null(Endpoint.TryParseNetwork(text));

    [Theory]
    [InlineData("smtp.example.com:587", "smtp.example.com", false)]
    [InlineData("192.0.2.1:25", "192.0.2.1", true)]
    [InlineData("[2001:db8::1]:25", "2001:db8::1", true)]
    public void Reads_next_hops(string text, string host, bool isAddress)
    {
        var hop = HostPort.TryParse(text);

        Assert.Equal(host, hop?.Host);
        Assert.Equal(isAddress, hop?.Address is not null);
        Assert.Equal(text, hop?.ToString());
    }

    [Theory]
    [InlineData("smtp.example.com")]
    [InlineData("smtp.example.com:0")]
    [InlineData("2001:db8::1:25")]
    [InlineData("192.0.2.300:25")]
    [InlineData("a_b.example.com:25")]
    public void Refuses_other_next_hops(string text) => Assert.Null(HostPort.TryParse(text));
}

using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class SystemServersTests
{
    [Fact]
    public void Reads_the_nameserver_lines()
    {
        const string text = "# nameserver 192.0.2.1\ndomain example.com\nnameserver 192.0.2.53\r\n\tnameserver\t2001:db8::53 \n"
            + "nameserver not-an-address\nnameserver\noptions trust-ad\nnameserver fe80::1%1";

        Assert.Equal(
            ["192.0.2.53:53", "[2001:db8::53]:53", "[fe80::1%1]:53"],
            SystemServers.ParseResolvConf(text).Select(s => s.ToString()));
    }

    [Fact]
    public void Repeated_servers_count_once_and_the_list_is_bounded()
    {
        var lines = Enumerable.Range(1, 30).Select(i => $"nameserver 192.0.2.{i}");

        Assert.Equal(ResolverOptions.MaxServers, SystemServers.ParseResolvConf(string.Join('\n', lines)).Count);
        Assert.Single(SystemServers.ParseResolvConf("nameserver 192.0.2.1\nnameserver 192.0.2.1"));
    }
}

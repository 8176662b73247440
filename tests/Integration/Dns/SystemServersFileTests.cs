using Microsoft.Extensions.Logging.Abstractions;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

public sealed class SystemServersFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("relay-dns-").FullName;
    private readonly ManualTimeProvider _time = new();

    private string ResolvConf => Path.Combine(_folder, "resolv.conf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Follows_the_file_as_it_changes()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.NotEmpty(SystemServers.Read());
            return;
        }

        File.WriteAllText(ResolvConf, "nameserver 192.0.2.1\n");
        var list = new ServerList([], _time, NullLogger.Instance, ResolvConf);
        Assert.Equal("192.0.2.1:53", Assert.Single(list.InOrder()).ToString());

        File.WriteAllText(ResolvConf, "nameserver 192.0.2.2\n");
        Assert.Equal("192.0.2.1:53", Assert.Single(list.InOrder()).ToString());
        _time.Advance(ServerList.SystemCheckInterval);

        Assert.Equal("192.0.2.2:53", Assert.Single(list.InOrder()).ToString());
    }

    [Fact]
    public void Without_a_file_this_host_is_asked()
    {
        Assert.NotEmpty(SystemServers.Read(ResolvConf));
    }
}

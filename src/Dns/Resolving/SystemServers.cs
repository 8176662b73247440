using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Relay.Dns;

/// <summary>The name servers this system is configured with.</summary>
public static class SystemServers
{
    internal const string ResolvConfPath = "/etc/resolv.conf";
    private const int DnsPort = 53;

    /// <summary>
    /// Reads /etc/resolv.conf, on Windows the network interfaces that are up. Names no server there: this host's own,
    /// as resolv.conf(5) has it. At most 16.
    /// </summary>
    public static IReadOnlyList<IPEndPoint> Read() => Read(ResolvConfPath);

    internal static IReadOnlyList<IPEndPoint> Read(string resolvConfPath)
    {
        var servers = OperatingSystem.IsWindows() ? ReadInterfaces() : ReadFile(resolvConfPath);
        return servers.Count > 0 ? servers : [new IPEndPoint(IPAddress.Loopback, DnsPort)];
    }

    /// <summary>The <c>nameserver</c> lines; anything else in the file is for resolvers with search lists.</summary>
    internal static IReadOnlyList<IPEndPoint> ParseResolvConf(string text)
    {
        var servers = new List<IPEndPoint>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == "nameserver" && IPAddress.TryParse(words[1], out var address))
            {
                servers.Add(new IPEndPoint(address, DnsPort));
            }
        }

        return Limit(servers);
    }

    private static IReadOnlyList<IPEndPoint> ReadFile(string path)
    {
        try
        {
            return ParseResolvConf(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IReadOnlyList<IPEndPoint> ReadInterfaces()
    {
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().DnsAddresses)
            .Where(a => !IsUnconfigured(a));
        return Limit(addresses.Select(a => new IPEndPoint(a, DnsPort)));
    }

    /// <summary>Windows lists fec0:0:0:ffff::1 to ::3 for interfaces nobody gave a server.</summary>
    private static bool IsUnconfigured(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv6SiteLocal;

    private static IReadOnlyList<IPEndPoint> Limit(IEnumerable<IPEndPoint> servers) =>
        [.. servers.Distinct().Take(ResolverOptions.MaxServers)];
}

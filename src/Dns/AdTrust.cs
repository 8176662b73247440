using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Relay.Dns;

/// <summary>Whose DNSSEC verdict (the AD bit) is believed. It is only as good as the server and the way to it (RFC 7672 §2.2).</summary>
public sealed class AdTrust
{
    private readonly IReadOnlyList<IPAddress> _addresses;
    private readonly bool _loopback;

    private AdTrust(bool loopback, IReadOnlyList<IPAddress> addresses)
    {
        _loopback = loopback;
        _addresses = addresses;
    }

    /// <summary>Servers on this host, the default: nobody sits between.</summary>
    public static AdTrust Loopback { get; } = new(loopback: true, []);

    public static AdTrust None { get; } = new(loopback: false, []);

    /// <summary>These servers; the operator vouches for the network between.</summary>
    public static AdTrust Of(IEnumerable<IPAddress> servers) => new(loopback: false, [.. servers]);

    /// <summary>Reads <c>loopback</c>, <c>none</c>, or addresses separated by commas.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AdTrust? trust)
    {
        trust = text.Trim() switch
        {
            "loopback" => Loopback,
            "none" => None,
            _ => null,
        };
        if (trust is not null)
        {
            return true;
        }

        var addresses = new List<IPAddress>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!IPAddress.TryParse(part, out var address))
            {
                return false;
            }

            addresses.Add(address);
        }

        trust = Of(addresses);
        return true;
    }

    public bool Trusts(IPAddress server) => (_loopback && IPAddress.IsLoopback(server)) || _addresses.Contains(server);
}

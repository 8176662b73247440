using System.Net;
using System.Net.Sockets;

namespace Relay;

/// <summary>Addresses and endpoints in their one full spelling; the platform's parsers also take "1" and "0x7f.1".</summary>
internal static class Endpoint
{
    public static IPEndPoint? TryParse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || Count.TryParse(text.AsSpan(colon + 1)) is not (<= 65535 and var port))
        {
            return null;
        }

        var host = text[..colon];
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        var address = TryParseAddress(isBracketed ? host[1..^1] : host);
        return address is not null && isBracketed == (address.AddressFamily == AddressFamily.InterNetworkV6)
            ? new IPEndPoint(address, (int)port)
            : null;
    }

    public static IPAddress? TryParseAddress(string text) =>
        IPAddress.TryParse(text, out var address) && (text.Contains(':', StringComparison.Ordinal) ? IsPlainIpv6(text) : text.Count(static c => c == '.') == 3
            && text.All(static c => char.IsAsciiDigit(c) || c == '.') && address.ToString() == text)
            ? address
            : null;

    /// <summary>A network, or a single address as the network of itself.</summary>
    public static IPNetwork? TryParseNetwork(string text)
    {
        if (text.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0)
        {
            return TryParseAddress(text[..slash]) is { } start && IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(start) ? network : null;
        }

        return TryParseAddress(text) is { } address
            ? new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)
            : null;
    }

    private static bool IsPlainIpv6(string text) => !text.AsSpan().ContainsAny('[', ']', '%');
}

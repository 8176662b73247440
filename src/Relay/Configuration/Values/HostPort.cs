using System.Globalization;
using System.Net;
using Relay.Mail;

namespace Relay;

/// <summary>A next hop by name or address with its port: <c>"smtp.example.com:587"</c>, <c>"192.0.2.1:25"</c>, <c>"[2001:db8::1]:25"</c>.</summary>
/// <param name="Host">Lower-case A-label form of the name, or the address without brackets.</param>
/// <param name="Address">Set when the host is an address.</param>
/// <param name="Port">1–65535.</param>
internal sealed record HostPort(string Host, IPAddress? Address, int Port)
{
    public static HostPort? TryParse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || Count.TryParse(text.AsSpan(colon + 1)) is not (>= 1 and <= 65535 and var port))
        {
            return null;
        }

        if (Endpoint.TryParse(text) is { } endpoint)
        {
            return new HostPort(endpoint.Address.ToString(), endpoint.Address, (int)port);
        }

        // A name that ends in digits is a mistyped address (RFC 3696 §2: no top-level domain is all digits).
        return DomainName.TryParse(text.AsSpan(0, colon), out var name) && !name.Labels[^1].All(char.IsAsciiDigit)
            ? new HostPort(name.Ascii, null, (int)port)
            : null;
    }

    public bool IsLoopback => Address is not null && IPAddress.IsLoopback(Address);

    public override string ToString() =>
        Address is null ? Host + ":" + Port.ToString(CultureInfo.InvariantCulture) : new IPEndPoint(Address, Port).ToString();
}

using System.Net;

namespace Relay.Dns;

internal enum SpfMechanism
{
    All,
    Include,
    A,
    Mx,
    Ptr,
    Ip4,
    Ip6,
    Exists,
}

/// <summary>One mechanism of a record with its qualifier (RFC 7208 §5).</summary>
/// <param name="Written">As it stands in the record.</param>
/// <param name="Result">When it matches.</param>
internal sealed record SpfTerm(string Written, SpfMechanism Mechanism, SpfOutcome Result)
{
    /// <summary>Null: the domain whose record it is.</summary>
    public SpfMacroText? Domain { get; init; }

    /// <summary>Of ip4 and ip6.</summary>
    public IPAddress? Network { get; init; }

    public int Prefix4 { get; init; } = 32;

    public int Prefix6 { get; init; } = 128;

    public bool Holds(IPAddress client, IPAddress address)
    {
        if (client.AddressFamily != address.AddressFamily)
        {
            return false;
        }

        var (left, right) = (client.GetAddressBytes(), address.GetAddressBytes());
        var prefix = left.Length == 4 ? Prefix4 : Prefix6;
        for (var bit = 0; bit < prefix; bit += 8)
        {
            var mask = prefix - bit >= 8 ? 0xff : 0xff << (8 - (prefix - bit)) & 0xff;
            if ((left[bit / 8] & mask) != (right[bit / 8] & mask))
            {
                return false;
            }
        }

        return true;
    }
}

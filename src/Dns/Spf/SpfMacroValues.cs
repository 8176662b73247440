using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Relay.Dns;

/// <summary>What the macros of one record stand for (RFC 7208 §7.2).</summary>
/// <param name="Domain">Whose record is read.</param>
/// <param name="ClientName">Value of p: a name of the address that leads back to it.</param>
internal sealed record SpfMacroValues(SpfQuestion Question, string Domain, string ClientName, string Receiver, DateTimeOffset Now)
{
    public string Of(char letter) => letter switch
    {
        's' => $"{Question.LocalPart}@{Question.Domain}",
        'l' => Question.LocalPart,
        'o' => Question.Domain,
        'd' => Domain,
        'i' => Dotted(Question.Address),
        'p' => ClientName,
        'v' => Question.Address.AddressFamily == AddressFamily.InterNetwork ? "in-addr" : "ip6",
        'h' => Question.Hello,
        'c' => Question.Address.ToString(),
        'r' => Receiver,
        't' => Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, "no macro letter"),
    };

    // An IPv6 address is written in nibbles.
    private static string Dotted(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.ToString()
        : string.Join('.', Convert.ToHexString(address.GetAddressBytes()).AsEnumerable());
}

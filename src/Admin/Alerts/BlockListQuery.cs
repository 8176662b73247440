using System.Net;
using System.Net.Sockets;
using Relay.Dns;

namespace Relay.Admin;

/// <summary>Asks a DNS block list about an address (RFC 5782).</summary>
public static class BlockListQuery
{
    /// <summary>Null when the list does not answer as a list must: 127.0.0.2 is on every one (RFC 5782 §5).</summary>
    public static async ValueTask<BlockListAnswer?> AskAsync(IDnsResolver resolver, IPAddress address, string list, CancellationToken cancellationToken)
    {
        if (!(await resolver.LookupAddressesAsync("2.0.0.127." + list, cancellationToken)).IsSuccess)
        {
            return null;
        }

        var name = NameOf(address) + "." + list;
        var answer = await resolver.LookupAddressesAsync(name, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.IsTemporary ? null : new BlockListAnswer(false, null);
        }

        var reason = await resolver.LookupTxtAsync(name, cancellationToken);
        return new BlockListAnswer(true, reason.IsSuccess ? reason.Records[0].Text : string.Join(", ", answer.Records.Select(record => record.Address)));
    }

    // Octets (RFC 5782 §2.1) or nibbles (§2.4) in reverse.
    private static string NameOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? string.Join('.', address.GetAddressBytes().Reverse())
        : string.Join('.', Convert.ToHexStringLower(address.GetAddressBytes()).Reverse());
}

/// <param name="Reason">What the list says, else its answer.</param>
public sealed record BlockListAnswer(bool IsListed, string? Reason);

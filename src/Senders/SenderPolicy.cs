using System.Net;
using Relay.Mail;

namespace Relay.Senders;

/// <summary>What a credential may be used for: senders and networks.</summary>
public static class SenderPolicy
{
    /// <summary>
    /// May this credential send with this reverse-path? With no list: any. With a list: full addresses (local part compared without
    /// case, they are our own users) or domains (exactly, not those below). The null reverse-path names nobody, so a
    /// restricted credential may not use it.
    /// </summary>
    public static bool AllowsSender(Credential credential, ReversePath reversePath) =>
        credential.AllowedSenders.Count == 0
        || (reversePath.Mailbox is { } mailbox && credential.AllowedSenders.Any(entry => Matches(entry, mailbox)));

    /// <summary>Does a list of addresses and domains name this address? An empty one names nobody.</summary>
    public static bool AllowsSender(IReadOnlyList<string> entries, Mailbox sender) => entries.Any(entry => Matches(entry, sender));

    /// <summary>The same question for an address of the From field.</summary>
    public static bool AllowsSender(Credential credential, Mailbox sender) => AllowsSender(credential, new ReversePath(sender));

    /// <summary>May it be used from this address? A list entry that is no network matches nothing.</summary>
    public static bool AllowsNetwork(Credential credential, IPAddress client)
    {
        if (credential.AllowedNetworks.Count == 0)
        {
            return true;
        }

        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        return credential.AllowedNetworks.Any(entry => TryParseNetwork(entry, out var network) && network.Contains(address));
    }

    /// <summary>Is it an address or an A-label or U-label domain?</summary>
    public static bool IsSenderEntry(string entry) => Mailbox.TryParse(entry, out _) || DomainName.TryParse(entry, out _);

    /// <summary>Is it a CIDR network or a single address?</summary>
    public static bool IsNetworkEntry(string entry) => TryParseNetwork(entry, out _);

    private static bool Matches(string entry, Mailbox sender)
    {
        if (Mailbox.TryParse(entry, out var mailbox))
        {
            return string.Equals(mailbox.LocalPart, sender.LocalPart, StringComparison.OrdinalIgnoreCase)
                && string.Equals(mailbox.DomainText, sender.DomainText, StringComparison.Ordinal);
        }

        return DomainName.TryParse(entry, out var domain) && domain.Equals(sender.Domain);
    }

    /// <summary>Reads a CIDR network or a single address.</summary>
    public static bool TryParseNetwork(string entry, out IPNetwork network)
    {
        if (!entry.Contains('/', StringComparison.Ordinal) && IPAddress.TryParse(entry, out var single))
        {
            network = new IPNetwork(single, single.GetAddressBytes().Length * 8);
            return true;
        }

        return IPNetwork.TryParse(entry, out network);
    }
}

using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Keys;

/// <summary>Is one key's power within another's? A key makes and revokes only such keys.</summary>
public static class KeyWidth
{
    /// <summary>Null when it is; otherwise the field that goes beyond, as the API names it, and why.</summary>
    public static (string Field, string Problem)? Beyond(
        Credential maker, string scopes, IReadOnlyList<string> senders, IReadOnlyList<string> networks, DateTimeOffset? expiresAt)
    {
        if (!maker.Scopes.Split(' ').Contains("full") && scopes.Split(' ').Except(maker.Scopes.Split(' ')).Any())
        {
            return ("scope", "is wider than that of the key in use");
        }

        if (maker.AllowedSenders.Count > 0 && (senders.Count == 0 || !senders.All(sender => maker.AllowedSenders.Any(allowed => Covers(allowed, sender)))))
        {
            return ("domains", "go beyond those of the key in use");
        }

        if (maker.AllowedNetworks.Count > 0 && (networks.Count == 0 || !networks.All(network => maker.AllowedNetworks.Any(allowed => Contains(allowed, network)))))
        {
            return ("networks", "go beyond those of the key in use");
        }

        return maker.ExpiresAt is { } end && (expiresAt is null || expiresAt > end) ? ("expiresAt", "is later than that of the key in use") : null;
    }

    private static bool Covers(string allowed, string sender)
    {
        if (Mailbox.TryParse(sender, out var mailbox))
        {
            return SenderPolicy.AllowsSender([allowed], mailbox);
        }

        return DomainName.TryParse(allowed, out var outer) && DomainName.TryParse(sender, out var inner) && outer.Equals(inner);
    }

    private static bool Contains(string allowed, string network) =>
        SenderPolicy.TryParseNetwork(allowed, out var outer)
        && SenderPolicy.TryParseNetwork(network, out var inner)
        && inner.PrefixLength >= outer.PrefixLength
        && outer.Contains(inner.BaseAddress);
}

using System.Net;
using Relay.Dns;

namespace Relay.Delivery;

/// <summary>Whether the names of a source agree with its addresses, as receivers check them: PTR, that name's address, and EHLO.</summary>
internal sealed class ReverseNameCheck(IDnsResolver dns)
{
    private const int MaxNames = 5;

    /// <summary>One finding per address; lookups that fail are told as such.</summary>
    public async ValueTask<ReverseNameFinding> CheckAsync(IPAddress address, string ehlo, CancellationToken cancellationToken)
    {
        var reverse = await dns.LookupPtrAsync(address, cancellationToken);
        if (reverse.IsTemporary)
        {
            return new ReverseNameFinding(address.ToString(), null, $"the reverse name could not be looked up: {reverse.Detail ?? reverse.Status.ToString()}") { IsUnknown = true };
        }

        var names = reverse.Records.Select(r => r.Name.TrimEnd('.')).Take(MaxNames).ToList();
        if (names.Count == 0)
        {
            return new ReverseNameFinding(address.ToString(), null, "has no reverse name (PTR); many receivers refuse such mail");
        }

        // The name we say in EHLO counts most, when it is among them.
        var name = names.FirstOrDefault(n => n.Equals(ehlo, StringComparison.OrdinalIgnoreCase)) ?? names[0];
        return new ReverseNameFinding(address.ToString(), name, await ProblemOfAsync(address, name, ehlo, cancellationToken));
    }

    private async ValueTask<string?> ProblemOfAsync(IPAddress address, string name, string ehlo, CancellationToken cancellationToken)
    {
        if (!await LeadsToAsync(name, address, cancellationToken))
        {
            return $"its reverse name {name} does not lead back to it";
        }

        if (name.Equals(ehlo, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return await LeadsToAsync(ehlo, address, cancellationToken)
            ? $"its reverse name is {name}, but EHLO says {ehlo}"
            : $"its reverse name is {name}, but EHLO says {ehlo}, which does not lead to it";
    }

    private async ValueTask<bool> LeadsToAsync(string name, IPAddress address, CancellationToken cancellationToken)
    {
        var answer = await dns.LookupAddressesAsync(name, cancellationToken);
        return answer.Records.Any(r => r.Address.Equals(address));
    }
}

/// <param name="Name">The reverse name; null without one.</param>
/// <param name="Problem">Null when address, reverse name and EHLO agree.</param>
public sealed record ReverseNameFinding(string Address, string? Name, string? Problem)
{
    /// <summary>DNS did not answer: there may be nothing wrong.</summary>
    public bool IsUnknown { get; init; }
}

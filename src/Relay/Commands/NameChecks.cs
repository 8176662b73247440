using System.Net;
using System.Net.Sockets;
using Relay.Admin;
using Relay.Dns;

namespace Relay;

/// <summary>What <c>relay doctor</c> asks of DNS: the name of this host, names of its addresses, block lists.</summary>
internal sealed class NameChecks(RelayOptions options, IDnsResolver resolver)
{
    private static readonly string[] DefaultLists = ["zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org"];
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(15);

    public async Task<IReadOnlyList<DoctorFinding>> RunAsync(string? lists, CancellationToken cancellationToken)
    {
        var findings = new List<DoctorFinding>();
        var own = await resolver.LookupAddressesAsync(options.Hostname.Ascii, cancellationToken);
        findings.Add(own.IsSuccess
            ? new DoctorFinding("host name in DNS", DoctorState.Ok, string.Join(", ", own.Records.Select(record => record.Address)), null)
            : new DoctorFinding("host name in DNS", DoctorState.Fail, $"{options.Hostname.Ascii} has no address: {own.Status}", "publish an A or AAAA record; receivers look the EHLO name up"));
        var paths = Sources(own.Records).Where(path => IsPublic(path.Address)).Distinct().ToList();
        if (paths.Count == 0)
        {
            findings.Add(new DoctorFinding("addresses", DoctorState.Note, "no public address is known: neither an egress source nor the host name has one", "behind a translating router or a smarthost that is as it should be"));
        }

        foreach (var (address, ehlo) in paths)
        {
            findings.Add(await ReverseAsync(address, ehlo, cancellationToken));
            foreach (var list in lists == "none" ? [] : lists?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? DefaultLists)
            {
                findings.Add(await ListedAsync(address, list, cancellationToken));
            }
        }

        return findings;
    }

    public async Task<DoctorFinding> ConnectAsync(string host, CancellationToken cancellationToken)
    {
        var found = IPAddress.TryParse(host, out var literal) ? [literal] : (await resolver.LookupAddressesAsync(host, cancellationToken)).Records.Select(record => record.Address).ToList();
        if (found.Count == 0)
        {
            return new DoctorFinding("port 25", DoctorState.Fail, $"{host} has no address", null);
        }

        using var socket = new Socket(found[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTime);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(found[0], options.Delivery.Port), limit.Token);
            return new DoctorFinding("port 25", DoctorState.Ok, $"{host} [{found[0]}] port {options.Delivery.Port} answers", null);
        }
        catch (Exception trouble) when (trouble is SocketException || (trouble is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new DoctorFinding("port 25", DoctorState.Fail, $"{host} [{found[0]}] port {options.Delivery.Port}: {trouble.Message}", "ask the provider to open outgoing port 25, or use a smarthost");
        }
    }

    private IEnumerable<(IPAddress Address, string Ehlo)> Sources(IReadOnlyList<AddressRecord> own) => options.Egress.Source.Count == 0
        ? own.Select(record => (record.Address, options.Hostname.Ascii))
        : options.Egress.Source.Values.SelectMany(source => new[] { source.Address, source.Address6 }.OfType<IPAddress>().Select(address => (address, source.Ehlo.Ascii)));

    private static bool IsPublic(IPAddress address) => new TargetPolicy(allowPrivate: false, []).Allows(address, out _);

    private async Task<DoctorFinding> ReverseAsync(IPAddress address, string ehlo, CancellationToken cancellationToken)
    {
        var name = "reverse name " + address;
        var pointers = await resolver.LookupPtrAsync(address, cancellationToken);
        if (!pointers.IsSuccess)
        {
            return new DoctorFinding(name, DoctorState.Fail, $"there is none ({pointers.Status})", $"have the owner of the address set it to {ehlo}; many receivers refuse addresses without");
        }

        var pointer = pointers.Records[0].Name.TrimEnd('.');
        var forward = await resolver.LookupAddressesAsync(pointer, cancellationToken);
        if (!forward.Records.Any(record => record.Address.Equals(address)))
        {
            return new DoctorFinding(name, DoctorState.Fail, $"{pointer} does not lead back to the address", "publish an address record for it, or change the reverse name");
        }

        return pointer.Equals(ehlo, StringComparison.OrdinalIgnoreCase)
            ? new DoctorFinding(name, DoctorState.Ok, pointer, null)
            : new DoctorFinding(name, DoctorState.Note, $"{pointer}, while EHLO says {ehlo}", "make them the same where you can");
    }

    private async Task<DoctorFinding> ListedAsync(IPAddress address, string list, CancellationToken cancellationToken)
    {
        var name = $"{list} {address}";
        return await BlockListQuery.AskAsync(resolver, address, list, cancellationToken) switch
        {
            null => new DoctorFinding(name, DoctorState.Note, "the list does not answer here; many refuse shared resolvers", "ask it with a resolver of your own ([dns] servers)"),
            { IsListed: true, Reason: var reason } => new DoctorFinding(name, DoctorState.Fail, $"listed: {reason}", "find what was sent, stop it, then ask the list to remove the address"),
            _ => new DoctorFinding(name, DoctorState.Ok, "not listed", null),
        };
    }
}

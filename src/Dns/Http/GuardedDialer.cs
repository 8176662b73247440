using System.Net;
using System.Net.Sockets;

namespace Relay.Dns;

/// <summary>Opens connections to hosts by name, only to addresses the policy allows.</summary>
/// <remarks>The address that was judged is the one that is dialled, so a name that answers differently each time gains nothing.</remarks>
internal sealed class GuardedDialer
{
    internal static readonly TimeSpan TimeoutPerAddress = TimeSpan.FromSeconds(5);
    private const int MaxAddresses = 4;

    private readonly IDnsResolver _resolver;
    private readonly TargetPolicy _policy;
    private readonly TimeProvider _time;

    public GuardedDialer(IDnsResolver resolver, TargetPolicy policy, TimeProvider time)
    {
        _resolver = resolver;
        _policy = policy;
        _time = time;
    }

    /// <exception cref="GuardedHttpException">No connection came about.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        var addresses = Allowed(target.Host, await ResolveAsync(target.Host, cancellationToken));
        Exception? last = null;
        foreach (var address in addresses)
        {
            try
            {
                return await DialAsync(new IPEndPoint(address, target.Port), cancellationToken);
            }
            catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                last = e;
            }
        }

        throw new GuardedHttpException(GuardedHttpFailure.Connection, $"no address of {target.Host} accepted a connection on port {target.Port}", last);
    }

    private async ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        var answer = await _resolver.LookupAddressesAsync(host.TrimEnd('.'), cancellationToken);
        if (answer.IsTemporary)
        {
            throw new GuardedHttpException(GuardedHttpFailure.NameResolution, $"{host} could not be resolved: {answer.Detail ?? answer.Status.ToString()}");
        }

        return answer.IsSuccess
            ? [.. answer.Records.Select(r => r.Address)]
            : throw new GuardedHttpException(GuardedHttpFailure.NoSuchHost, $"{host} has no address");
    }

    private IReadOnlyList<IPAddress> Allowed(string host, IReadOnlyList<IPAddress> addresses)
    {
        var allowed = new List<IPAddress>();
        var refusal = string.Empty;
        foreach (var address in addresses)
        {
            if (_policy.Allows(address, out var reason))
            {
                allowed.Add(address);
            }
            else
            {
                refusal = reason;
            }
        }

        return allowed.Count > 0
            ? [.. allowed.Take(MaxAddresses)]
            : throw new GuardedHttpException(GuardedHttpFailure.Forbidden, $"{host}: {refusal}");
    }

    private async ValueTask<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timeout = new CancellationTokenSource(TimeoutPerAddress, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await socket.ConnectAsync(endPoint, either.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

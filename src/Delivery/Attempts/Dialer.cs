using System.Net;
using System.Net.Sockets;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Makes TCP connections: policy check, local address of the source, timeout.</summary>
internal sealed class Dialer(AddressCheck isAllowed, OwnHost own, DeliveryOptions delivery, TimeProvider time) : IPeerConnector
{
    // RFC 8305 §5 goes on after a quarter of a second and waits for both; here one waits at a time, long enough for a repeated SYN.
    private static readonly TimeSpan HurriedConnect = TimeSpan.FromSeconds(5);

    public async ValueTask<IPeerSession> ConnectAsync(DialTarget target, EgressSource source, CancellationToken cancellationToken)
    {
        // Checked here once more although routing did: this is the last place before the wire.
        if (!target.Host.IsConfigured && target.Address is { } address)
        {
            ThrowIfForbidden(address, target.Port);
        }

        var socket = target.Address is null
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(target.Family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (target.Address is not null && source.LocalAddressFor(target.Family) is { } local)
            {
                socket.Bind(new IPEndPoint(local, 0));
            }

            await ConnectAsync(socket, target, cancellationToken);
            var options = new SmtpClientOptions { EhloName = source.EhloName, Timeouts = delivery.Timeouts, IsLmtp = target.Host.IsLmtp };
            return new PeerSession(new SmtpClientSession(new NetworkStream(socket, ownsSocket: true), options, time));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            var isTimeout = exception.SocketErrorCode == SocketError.TimedOut;
            throw new DialException($"no connection to {Describe(target)}: {Describe(exception.SocketErrorCode)}", isTimeout, exception)
            {
                IsOurs = exception.SocketErrorCode == SocketError.AddressNotAvailable,
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void ThrowIfForbidden(IPAddress address, int port)
    {
        if (own.IsOwn(address, port))
        {
            throw new DialException($"{address} port {port} is a listener of this host: mail would come back", isTimeout: false) { IsOurs = true };
        }

        if (!isAllowed(address, out var reason))
        {
            throw new DialException(reason, isTimeout: false) { IsOurs = true };
        }
    }

    private async ValueTask ConnectAsync(Socket socket, DialTarget target, CancellationToken cancellationToken)
    {
        var connect = delivery.Timeouts.Connect;
        var wait = target.IsHurried && HurriedConnect < connect ? HurriedConnect : connect;
        using var timeout = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            EndPoint peer = target.Address is { } address ? new IPEndPoint(address, target.Port) : new UnixDomainSocketEndPoint(target.Host.SocketPath!);
            await socket.ConnectAsync(peer, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DialException($"no connection to {Describe(target)} within {wait.TotalSeconds:0} s", isTimeout: true, exception);
        }
    }

    private static string Describe(DialTarget target) => target.Address is null ? target.AddressText : $"{target.Address} port {target.Port}";

    private static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.TimedOut => "timed out",
        SocketError.HostUnreachable => "host unreachable",
        SocketError.NetworkUnreachable => "network unreachable",
        SocketError.AddressNotAvailable => "the local address of the source is not on this host",
        SocketError.ConnectionReset => "connection reset",
        _ => error.ToString(),
    };
}

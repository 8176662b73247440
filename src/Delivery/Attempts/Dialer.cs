using System.Net;
using System.Net.Sockets;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Makes TCP connections: policy check, local address of the source, timeout.</summary>
internal sealed class Dialer(AddressCheck isAllowed, SmtpClientTimeouts timeouts, TimeProvider time) : IPeerConnector
{
    public async ValueTask<IPeerSession> ConnectAsync(DialTarget target, EgressSource source, CancellationToken cancellationToken)
    {
        // Checked here once more although routing did: this is the last place before the wire.
        if (!target.Host.IsConfigured && !isAllowed(target.Address, out var reason))
        {
            throw new DialException($"{target.Address} may not be dialled: {reason}", isTimeout: false);
        }

        var socket = new Socket(target.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (source.LocalAddressFor(target.Address.AddressFamily) is { } local)
            {
                socket.Bind(new IPEndPoint(local, 0));
            }

            await ConnectAsync(socket, target, cancellationToken);
            var options = new SmtpClientOptions { EhloName = source.EhloName, Timeouts = timeouts };
            return new PeerSession(new SmtpClientSession(new NetworkStream(socket, ownsSocket: true), options, time));
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            var isTimeout = exception.SocketErrorCode == SocketError.TimedOut;
            throw new DialException($"no connection to {target.Address} port {target.Port}: {Describe(exception.SocketErrorCode)}", isTimeout, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask ConnectAsync(Socket socket, DialTarget target, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(timeouts.Connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(target.Address, target.Port), either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DialException($"no connection to {target.Address} port {target.Port} within {timeouts.Connect.TotalSeconds:0} s", isTimeout: true, exception);
        }
    }

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

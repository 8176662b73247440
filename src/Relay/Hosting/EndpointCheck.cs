using System.Net;
using System.Net.Sockets;

namespace Relay;

/// <summary>Tells before anything starts when an endpoint cannot be opened, in the words of the configuration.</summary>
/// <remarks>The doors open the same endpoints a little later; who takes one in between is reported then, less kindly.</remarks>
internal static class EndpointCheck
{
    /// <exception cref="OperatorException">An endpoint is taken, or this user may not open it.</exception>
    public static void Run(RelayOptions options)
    {
        foreach (var (name, listener) in options.Listener)
        {
            if (listener.Socket is null)
            {
                TryOpen(listener.Endpoint, $"[listener.{name}] endpoint");
            }
        }

        if (options.Admin.Enabled)
        {
            TryOpen(options.Admin.Endpoint, "[admin] endpoint");
        }

        if (options.Api.Endpoint is { } api)
        {
            TryOpen(api, "[api] endpoint");
        }

        if (options.Public.Endpoint is { } recipients)
        {
            TryOpen(recipients, "[public] endpoint");
        }
    }

    private static void TryOpen(IPEndPoint endpoint, string key)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
        }
        catch (SocketException trouble)
        {
            var reason = trouble.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"is taken by another program: stop it, or choose another {key} in the configuration",
                SocketError.AccessDenied => $"may not be opened by this user: allow it (CAP_NET_BIND_SERVICE), or choose another {key} in the configuration",
                SocketError.AddressNotAvailable => $"is no address of this machine: choose another {key} in the configuration",
                _ => $"cannot be opened ({key}): {trouble.Message}",
            };
            throw new OperatorException($"{endpoint} {reason}", ExitCodes.Unavailable, trouble);
        }
    }
}

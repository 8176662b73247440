using System.Net;
using System.Net.Sockets;

namespace Relay.Tests.Support;

/// <summary>Ports nobody uses at the moment.</summary>
public static class LoopbackPorts
{
    /// <summary>A free TCP port on 127.0.0.1; the system does not hand it out again soon.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

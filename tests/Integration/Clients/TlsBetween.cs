using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>Somebody in the middle with a certificate of their own: ends TLS and begins it anew towards the server.</summary>
internal sealed class TlsBetween : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Task _accepting;

    private TlsBetween(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="target">A port on loopback with TLS at once.</param>
    public static TlsBetween Start(int target) => new(target);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                running.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await using var inside = new SslStream(client.GetStream());
                await inside.AuthenticateAsServerAsync(TestCertificates.ServerOptions(), _stop.Token);
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                await using var outside = new SslStream(server.GetStream(), false, (_, certificate, _, _) => certificate is not null);
                await outside.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "relay.example.com" }, _stop.Token);
                await Task.WhenAny(inside.CopyToAsync(outside, _stop.Token), outside.CopyToAsync(inside, _stop.Token));
            }
            catch (Exception end) when (end is IOException or OperationCanceledException)
            {
                // One of the two went away, or the test is over.
            }
        }
    }
}

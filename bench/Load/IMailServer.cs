using System.Net;

namespace Relay.Bench.Load;

/// <summary>A server under measurement, started fresh for each run.</summary>
internal interface IMailServer : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Processes whose trees are charged to it.</summary>
    IReadOnlyList<int> Processes { get; }

    /// <summary>It can be measured with STARTTLS, too.</summary>
    bool HasTls => false;

    /// <summary>Octets allocated since its start; null where nobody knows.</summary>
    Task<long?> AllocatedBytesAsync() => Task.FromResult<long?>(null);

    /// <summary>Returns when it greets at the door.</summary>
    Task StartAsync(string folder);
}

/// <summary>Where every server takes mail.</summary>
internal static class Door
{
    public static IPEndPoint Endpoint { get; } = new(IPAddress.Loopback, 2525);

    /// <summary>Waits until something greets.</summary>
    public static Task WaitAsync(params IReadOnlyList<Daemon> daemons) => WaitAsync(Endpoint, daemons);

    public static async Task WaitAsync(IPEndPoint endpoint, params IReadOnlyList<Daemon> daemons)
    {
        for (var tries = 0; !await GreetsAsync(endpoint); tries++)
        {
            foreach (var daemon in daemons)
            {
                daemon.ThrowIfEnded();
            }

            if (tries > 600)
            {
                throw new TimeoutException("the server does not greet");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task<bool> GreetsAsync(IPEndPoint endpoint)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(endpoint);
            return await client.GetStream().ReadAsync(new byte[1]) == 1;
        }
        catch (Exception trouble) when (trouble is System.Net.Sockets.SocketException or IOException)
        {
            return false;
        }
    }
}

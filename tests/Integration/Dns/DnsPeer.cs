using System.Diagnostics;
using System.Net;
using Relay.Dns;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>A real DNS server in the foreground, with a folder of its own; gone with all it wrote when disposed.</summary>
internal sealed class DnsPeer : IAsyncDisposable
{
    private readonly Process _process;
    private Task _rest = Task.CompletedTask;

    private DnsPeer(Process process, int port)
    {
        _process = process;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    public IPEndPoint EndPoint { get; }

    public static int FreePort() => LoopbackPorts.Free();

    /// <summary>Starts a server and waits until it says that it serves.</summary>
    public static async Task<DnsPeer> StartAsync(string executable, int port, string readyText, params string[] arguments)
    {
        var process = StartProcess(executable, arguments);
        var peer = new DnsPeer(process, port);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var said = new List<string>();
            while (await process.StandardError.ReadLineAsync(patience.Token) is { } line)
            {
                said.Add(line);
                if (line.Contains(readyText, StringComparison.Ordinal))
                {
                    // Whatever it says from now on is read and dropped, lest it stop at a full pipe.
                    peer._rest = process.StandardError.ReadToEndAsync(CancellationToken.None);
                    return peer;
                }
            }

            throw new InvalidOperationException($"{executable} did not start: {string.Join(Environment.NewLine, said)}");
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a tool to its end and returns what it printed.</summary>
    public static async Task<string> RunAsync(string executable, string folder, params string[] arguments)
    {
        using var process = StartProcess(executable, arguments, folder);
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{executable}: {await errors}");
    }

    /// <summary>Patient, for a busy machine may let a real server wait.</summary>
    public StubResolver NewResolver() =>
        new(new ResolverOptions { Servers = [EndPoint], Timeout = TimeSpan.FromSeconds(20) }, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        await _rest;
        _process.Dispose();
    }

    private static Process StartProcess(string executable, string[] arguments, string? folder = null)
    {
        var path = PeerFactAttribute.FindExecutable(executable)!;
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{executable} did not start");
    }
}

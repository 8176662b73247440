using System.Diagnostics;
using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>A server program with its output in a file; ended by TERM, then by KILL.</summary>
internal sealed class Daemon : IAsyncDisposable
{
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _logFile;

    private Daemon(Process process, string logFile)
    {
        _process = process;
        _logFile = logFile;
    }

    public int Id => _process.Id;

    public static Daemon Start(string logFile, string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in (string[])["-c", "log=$0; exec \"$@\" >\"$log\" 2>&1 </dev/null", logFile, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove(InlineCompletions);
        return new Daemon(Process.Start(start)!, logFile);
    }

    /// <exception cref="InvalidOperationException">It ended with another code than 0.</exception>
    public static async Task RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }

    /// <exception cref="InvalidOperationException">It has ended instead; the text is its output.</exception>
    public void ThrowIfEnded()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"the server ended with {_process.ExitCode}:\n{File.ReadAllText(_logFile)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await RunAsync("kill", "-TERM", Id.ToString(CultureInfo.InvariantCulture));
            using var limit = new CancellationTokenSource(Grace, TimeProvider.System);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }
}

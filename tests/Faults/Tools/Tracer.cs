using Relay.Tests.Support;

namespace Relay.Tests.Faults;

/// <summary>strace attached to a running relay; disposing detaches and leaves the relay running.</summary>
internal sealed class Tracer : IAsyncDisposable
{
    private readonly RunningProgram _program;

    private Tracer(RunningProgram program) => _program = program;

    /// <summary>Attaches to all threads and waits until it is attached.</summary>
    public static async Task<Tracer> AttachAsync(RelayProcess relay, string logFile, params IReadOnlyList<string> options)
    {
        var strace = PeerFactAttribute.FindExecutable("strace")!;
        string[] arguments =
            ["-f", "-o", logFile, .. options, "-p", relay.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        var program = RunningProgram.Start(strace, arguments);
        await Poll.UntilAsync("strace is attached", () => program.Process.HasExited || program.Output.Contains("attached", StringComparison.Ordinal));
        return program.Process.HasExited
            ? throw new InvalidOperationException("strace could not attach: " + program.Output)
            : new Tracer(program);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_program.Process.HasExited)
        {
            // Asked to end, it lets go of the traced threads first; killed, it could leave them stopped.
            _program.Signal("INT");
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            await _program.Process.WaitForExitAsync(limit.Token);
        }

        await _program.DisposeAsync();
    }
}

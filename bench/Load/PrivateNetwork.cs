using System.Diagnostics;

namespace Relay.Bench.Load;

/// <summary>Runs this program again where only a loopback interface exists: port 25 and port 53 are free there, and nothing can leak out.</summary>
internal static class PrivateNetwork
{
    public const string InsideOption = "--inside";

    private const string Script = """
        ip link set lo up && resolv=$(mktemp) && echo nameserver 127.0.0.1 > "$resolv" && chmod 644 "$resolv" &&
        mount --bind "$resolv" /etc/resolv.conf && rm "$resolv" || exit 1
        exec "$@"
        """;

    /// <summary>The exit code of the inner program.</summary>
    public static async Task<int> RunInsideAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("unshare") { UseShellExecute = false };
        foreach (var argument in (string[])["--net", "--mount", "--", "/bin/sh", "-c", Script, "load", Environment.ProcessPath!, .. arguments, InsideOption])
        {
            start.ArgumentList.Add(argument);
        }

        // Source and sink share the cores with what they measure: the fewer thread switches the better. Not handed on to the server.
        start.Environment[Daemon.InlineCompletions] = "1";
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}

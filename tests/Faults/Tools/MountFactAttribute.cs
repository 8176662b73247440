using System.Diagnostics;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A test that needs a small disk of its own; skipped where nothing may be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> CanMount = new(TryMount);

    public MountFactAttribute()
    {
        if (!CanMount.Value)
        {
            Skip = "mounting a tmpfs needs root on Linux";
        }
    }

    /// <summary>Runs mount or umount; true when it succeeded.</summary>
    public static bool Run(string program, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static bool TryMount()
    {
        if (!OperatingSystem.IsLinux() || PeerFactAttribute.FindExecutable("mount") is null)
        {
            return false;
        }

        using var folder = new TemporaryFolder();
        return Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.Path) && Run("umount", folder.Path);
    }
}

using System.Diagnostics;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Skips where Python 3 with dkimpy and PyNaCl is not installed (Debian: python3-dkim, python3-nacl).</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DkimpyFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Found = new(() => Array.Find(["/usr/bin/python3", "python3"], HasDkimpy));

    public DkimpyFactAttribute()
    {
        if (Python is null)
        {
            Skip = "python3 with dkim and nacl is not installed";
        }
    }

    /// <summary>The interpreter that has both modules; null when none has.</summary>
    public static string? Python => Found.Value;

    private static bool HasDkimpy(string interpreter)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(interpreter, ["-c", "import dkim, nacl.signing"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            });
            return process is not null && process.WaitForExit(TimeSpan.FromSeconds(30)) && process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

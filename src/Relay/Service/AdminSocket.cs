using System.Security.Cryptography;
using System.Text;

namespace Relay;

/// <summary>Where commands on this machine reach the running server.</summary>
internal static class AdminSocket
{
    // sun_path holds 108 octets on Linux and 104 elsewhere, with the ending NUL.
    private const int MaxPathBytes = 100;

    /// <summary><c>admin.sock</c> in the data folder; for very long folder names a name derived from it in the temporary folder.</summary>
    public static string PathFor(string data)
    {
        var folder = Path.GetFullPath(data);
        var path = Path.Combine(folder, "admin.sock");
        if (Encoding.UTF8.GetByteCount(path) <= MaxPathBytes)
        {
            return path;
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
        return Path.Combine(Path.GetTempPath(), $"relay-{digest}.sock");
    }

    /// <summary>Only the service user may connect; on Windows the folder's rights say who.</summary>
    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}

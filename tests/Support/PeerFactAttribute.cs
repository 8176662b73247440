using Xunit;

namespace Relay.Tests.Support;

/// <summary>A test against real programs; skipped, with the reason in words, where one of them is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PeerFactAttribute : FactAttribute
{
    private static readonly string UnpackedExim = Path.Combine(TestData.Root, "artifacts", "exim", "usr", "sbin");

    private bool _needsRoot;

    public PeerFactAttribute(params string[] executables)
    {
        Executables = executables;
        var missing = executables.Where(e => FindExecutable(e) is null).ToList();
        if (missing.Count > 0)
        {
            Skip = $"{string.Join(" and ", missing)} not installed here";
        }
    }

    public IReadOnlyList<string> Executables { get; }

    /// <summary>The programs can be run by root only, because they give up its rights themselves or serve several users.</summary>
    public bool NeedsRoot
    {
        get => _needsRoot;
        set
        {
            _needsRoot = value;
            if (value && Skip is null && Environment.UserName != "root")
            {
                Skip = $"{string.Join(" and ", Executables)} can be run by root only";
            }
        }
    }

    /// <summary>
    /// The full path of a program in PATH, /usr/sbin, /usr/local/sbin or where the test command unpacked Exim; null when there is none.
    /// </summary>
    public static string? FindExecutable(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (var folder in folders.Concat(["/usr/sbin", "/usr/local/sbin", UnpackedExim]))
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}

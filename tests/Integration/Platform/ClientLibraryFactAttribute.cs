using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Skips where Node.js or the npm package usesend-js, in tests/Integration/node or where USESEND_JS names its module, is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClientLibraryFactAttribute : FactAttribute
{
    public ClientLibraryFactAttribute()
    {
        if (Module is null)
        {
            Skip = "node with the npm package usesend-js is not installed";
        }
    }

    /// <summary>The library's module; null when the tests cannot run it.</summary>
    public static string? Module { get; } = FindModule();

    private static string? FindModule()
    {
        if (PeerFactAttribute.FindExecutable("node") is null)
        {
            return null;
        }

        string?[] places =
        [
            Environment.GetEnvironmentVariable("USESEND_JS"),
            Path.Combine(TestData.Root, "tests", "Integration", "node", "node_modules", "usesend-js", "dist", "index.mjs"),
        ];
        return places.FirstOrDefault(File.Exists);
    }
}

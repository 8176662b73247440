using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Skips where Node.js or the packages of tests/Integration/node are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    private static readonly string Folder = Path.Combine(TestData.Root, "tests", "Integration", "node");

    public NodeFactAttribute()
    {
        if (!IsPossible)
        {
            Skip = "node with the packages of tests/Integration/node (npm ci) is not installed";
        }
    }

    public static bool IsPossible { get; } =
        PeerFactAttribute.FindExecutable("node") is not null && Directory.Exists(Path.Combine(Folder, "node_modules", "mailauth"));

    public static string Script(string name) => Path.Combine(Folder, name);
}

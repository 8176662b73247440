using Xunit;

namespace Relay.Tests.Support;

/// <summary>A test over third-party data that is not part of the repository; skipped, with the reason in words, where it is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string folder)
    {
        Folder = folder;
        if (TestData.FindShared(folder) is null)
        {
            Skip = $"the data set {folder} is not here (shared/testdata beside the checkout, or RELAY_TESTDATA)";
        }
    }

    public string Folder { get; }
}

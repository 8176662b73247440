using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PrivateFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_readable_by_its_owner_alone()
    {
        var path = _folder.File("secret");

        PrivateFile.Write(path, "text\n");

        Assert.Equal("text\n", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void Replaces_an_open_file_by_a_closed_one_and_leaves_nothing_beside_it()
    {
        var path = _folder.File("secret");
        File.WriteAllText(path, "old");

        PrivateFile.Write(path, "new");

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }
}

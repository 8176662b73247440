using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_cannot_be_written_leaves_nothing_behind()
    {
        var path = _folder.File("x");
        DurableFile.Write(path, "first"u8, replace: false);

        Assert.ThrowsAny<IOException>(() => DurableFile.Write(path, "second"u8, replace: false));

        Assert.Equal("first", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }
}

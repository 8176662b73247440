namespace Relay.Tests.Support;

/// <summary>A fresh folder, deleted with everything in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("relay-test-").FullName;

    public string Path { get; }

    public string File(params IReadOnlyList<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            // A daemon that ends late may still write; the system clears its temporary folder.
        }
    }
}

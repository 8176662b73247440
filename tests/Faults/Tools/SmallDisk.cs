namespace Relay.Tests.Faults;

/// <summary>A tmpfs of a few MiB that a test can fill and clear.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    /// <param name="folder">Created and covered by the new disk.</param>
    public SmallDisk(string folder, int sizeMiB)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        if (!MountFactAttribute.Run("mount", "-t", "tmpfs", "-o", $"size={sizeMiB}m", "tmpfs", folder))
        {
            throw new InvalidOperationException("the tmpfs was not mounted");
        }
    }

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Writes until that much is taken, or the disk is full.</summary>
    public void Fill(int mebibytes = int.MaxValue)
    {
        var block = new byte[4096];
        using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            for (long written = 0; written / (1024 * 1024) < mebibytes; written += block.Length)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Clear() => File.Delete(Ballast);

    public void Dispose() => MountFactAttribute.Run("umount", "--lazy", _folder);
}

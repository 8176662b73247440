namespace Relay;

/// <summary>The files a configuration may name.</summary>
internal interface IConfigurationFiles
{
    bool Exists(string path);

    /// <summary>The whole file; null when it cannot be read or is longer than <paramref name="maxBytes"/>, then <paramref name="problem"/> says why.</summary>
    byte[]? TryRead(string path, int maxBytes, out string problem);
}

internal sealed class DiskFiles : IConfigurationFiles
{
    public bool Exists(string path) => File.Exists(path);

    public byte[]? TryRead(string path, int maxBytes, out string problem)
    {
        try
        {
            using var file = File.OpenRead(path);
            var content = new byte[maxBytes + 1];
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            problem = length > maxBytes ? $"is longer than {maxBytes} bytes" : string.Empty;
            return length > maxBytes ? null : content[..length];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = "does not exist";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = "cannot be read: " + e.Message;
        }

        return null;
    }
}

namespace Relay.Tests.Support;

/// <summary>A file that another program may be writing: read as it is now, without a lock that either side could meet.</summary>
public static class SharedFile
{
    /// <summary>Empty while there is no such file.</summary>
    public static string ReadText(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return string.Empty;
        }
    }
}

namespace Relay;

/// <summary>What stands behind a file's name, to tell whether it changed: written in place, renamed over, or a link turned, of the file or of a folder above it.</summary>
internal sealed record FileState(string Target, long Ticks, long Length)
{
    /// <summary>Null when there is no such file, or it may not be looked at.</summary>
    public static FileState? Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo linked ? linked : file;
            return target.Exists ? new FileState(target.FullName, target.LastWriteTimeUtc.Ticks, target.Length) : null;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

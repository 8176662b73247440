namespace Relay.Platform.Jobs;

/// <summary>Results of jobs, one file each, in a folder of their own. A file under its final name is whole.</summary>
/// <param name="folder">Made when it is first needed, readable for this program's user only.</param>
public sealed class JobFiles(string folder)
{
    private const string Unfinished = ".part";

    public string Folder => folder;

    /// <summary>Null when there is no whole result.</summary>
    public Stream? Open(Guid id)
    {
        try
        {
            return new FileStream(PathOf(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal Stream Create(Guid id)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return new FileStream(PathOf(id) + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 64 * 1024, FileOptions.Asynchronous);
    }

    /// <summary>Gives the file its final name; returns its octets.</summary>
    internal long Complete(Guid id)
    {
        File.Move(PathOf(id) + Unfinished, PathOf(id), overwrite: true);
        return new FileInfo(PathOf(id)).Length;
    }

    internal void Delete(Guid id)
    {
        if (Directory.Exists(folder))
        {
            File.Delete(PathOf(id) + Unfinished);
            File.Delete(PathOf(id));
        }
    }

    /// <summary>Nothing is half written when the server starts.</summary>
    internal void DeleteUnfinished()
    {
        if (Directory.Exists(folder))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*" + Unfinished))
            {
                File.Delete(file);
            }
        }
    }

    private string PathOf(Guid id) => Path.Combine(folder, id.ToString("N"));
}

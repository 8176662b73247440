using System.Globalization;

namespace Relay.Platform.Jobs;

/// <summary>Results of jobs, one file each, in a folder of their own. A file under its final name is whole.</summary>
/// <param name="folder">Made when it is first needed, readable for this program's user only.</param>
public sealed class JobFiles(string folder)
{
    private const string Unfinished = ".part";
    private const string Resumable = ".more";
    private const string Input = ".input";
    private const string Receiving = ".receiving";

    public string Folder => folder;

    /// <summary>Null when there is no whole result.</summary>
    public Stream? Open(Guid id) => OpenFile(PathOf(id));

    private static FileStream? OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal Stream Create(Guid id)
    {
        EnsureFolder();
        return New(PathOf(id) + Unfinished);
    }

    /// <summary>A result that outlives the end of the server unfinished.</summary>
    /// <exception cref="JobFailedException">Less of it is left than there must be.</exception>
    internal FileStream Resume(Guid id, long length)
    {
        EnsureFolder();
        var file = new FileStream(PathOf(id) + Resumable, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 64 * 1024, FileOptions.Asynchronous);
        if (file.Length < length)
        {
            file.Dispose();
            throw new JobFailedException("what an earlier attempt had written is gone");
        }

        file.SetLength(length);
        file.Position = length;
        return file;
    }

    /// <summary>Receives a file for a job that is to come.</summary>
    internal Stream CreateInput(long accountId, Guid id)
    {
        EnsureFolder();
        return New(InputOf(accountId, id) + Receiving);
    }

    /// <summary>The received file is whole.</summary>
    internal void CompleteInput(long accountId, Guid id) => File.Move(InputOf(accountId, id) + Receiving, InputOf(accountId, id));

    /// <summary>Null when it is gone.</summary>
    internal FileStream? OpenInput(long accountId, Guid id) => OpenFile(InputOf(accountId, id));

    /// <summary>Received files that were last written before.</summary>
    internal IEnumerable<(long AccountId, Guid Id)> OldInputs(DateTimeOffset before)
    {
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + Input) : [])
        {
            var parts = Path.GetFileNameWithoutExtension(file).Split('-');
            if (File.GetLastWriteTimeUtc(file) < before.UtcDateTime && parts.Length == 2
                && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var accountId) && Guid.TryParseExact(parts[1], "N", out var id))
            {
                yield return (accountId, id);
            }
        }
    }

    internal void DeleteInput(Guid id)
    {
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, $"*-{id:N}{Input}*") : [])
        {
            File.Delete(file);
        }
    }

    private void EnsureFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStream New(string path) => new(path, FileMode.Create, FileAccess.Write, FileShare.None, 64 * 1024, FileOptions.Asynchronous);

    private string InputOf(long accountId, Guid id) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{accountId}-{id:N}{Input}"));

    /// <summary>Gives the file its final name; returns its octets.</summary>
    internal long Complete(Guid id)
    {
        var unfinished = PathOf(id) + Unfinished;
        File.Move(File.Exists(unfinished) ? unfinished : PathOf(id) + Resumable, PathOf(id), overwrite: true);
        return new FileInfo(PathOf(id)).Length;
    }

    internal void Delete(Guid id)
    {
        if (Directory.Exists(folder))
        {
            File.Delete(PathOf(id) + Unfinished);
            File.Delete(PathOf(id) + Resumable);
            File.Delete(PathOf(id));
            DeleteInput(id);
        }
    }

    /// <summary>Nothing is half written or half received when the server starts, but for what is resumed.</summary>
    internal void DeleteUnfinished()
    {
        if (Directory.Exists(folder))
        {
            foreach (var file in Directory.GetFiles(folder, "*" + Unfinished).Concat(Directory.GetFiles(folder, "*" + Receiving)))
            {
                File.Delete(file);
            }
        }
    }

    private string PathOf(Guid id) => Path.Combine(folder, id.ToString("N"));
}

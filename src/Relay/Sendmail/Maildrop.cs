using System.Security.Cryptography;
using System.Text.Json;
using Relay.Senders;

namespace Relay;

/// <summary>The folder in which <c>sendmail</c> leaves messages while no server takes them: one file each, complete and synced before it has its name.</summary>
/// <remarks>
/// A file is one line of JSON, the envelope, and then the content. Anybody may put files in; only the folder's owner, the server, may list it.
/// The files are readable for everybody, because the server does not run as their senders: what keeps one user from another's is that nobody
/// else learns their names, which are random (docs/decisions/0021-maildrop-for-every-user.md).
/// </remarks>
internal sealed class Maildrop(string folder)
{
    private const string Ending = ".mail";
    private const string RefusedEnding = ".refused";
    private const int NameBytes = 20;

    private const UnixFileMode ReadableByServer =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode AnybodyMayAdd =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.StickyBit;

    public string Folder => folder;

    /// <summary>Makes the folder where it is missing. For the server alone, which must be its owner.</summary>
    /// <remarks>One that is there keeps what an operator narrowed; where several may write, none may list it or remove what others left.</remarks>
    /// <exception cref="IOException">It cannot be made, or belongs to somebody else: what was taken in could not be removed from it.</exception>
    public void Create()
    {
        var isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (FileOwner.OfFolder(folder) is { } owner && owner != FileOwner.Ourselves && FileOwner.Ourselves != FileOwner.Root)
        {
            throw new IOException($"the maildrop {folder} belongs to userid {owner}, and not to the server's user: give it to that one");
        }

        var mode = File.GetUnixFileMode(folder);
        var wanted = isNew ? AnybodyMayAdd : Closed(mode);
        if (mode != wanted)
        {
            File.SetUnixFileMode(folder, wanted);
        }
    }

    private static UnixFileMode Closed(UnixFileMode mode) => (mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0
        ? mode
        : (mode | UnixFileMode.StickyBit) & ~(UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    /// <summary>Keeps a message; after return it survives a crash.</summary>
    /// <exception cref="IOException">It was not kept.</exception>
    /// <exception cref="UsageException">It has more recipients than a file may name.</exception>
    public void Add(SendmailMessage message)
    {
        var envelope = JsonSerializer.SerializeToUtf8Bytes(DroppedEnvelope.Of(message.Envelope));
        if (envelope.Length > DroppedEnvelope.MaxBytes)
        {
            throw new UsageException("sendmail: too many recipients for one message");
        }

        DurableFile.Write(Path.Combine(folder, NewName() + Ending), [.. envelope, (byte)'\n', .. message.Content], replace: true, ReadableByServer);
    }

    /// <summary>The files that wait, as the folder lists them: users may fill it, so it is read piece by piece.</summary>
    public IEnumerable<FileInfo> Waiting() => Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*" + Ending) : [];

    /// <summary>Takes a file out of what waits, to be looked at by an operator.</summary>
    /// <returns>Its name from now on, which no user can have taken before.</returns>
    /// <exception cref="IOException">It stays as it is.</exception>
    public string PutAside(string file)
    {
        var name = NewName() + RefusedEnding;
        File.Move(file, Path.Combine(folder, name), overwrite: true);
        return name;
    }

    /// <summary>Removes what programs that were cut off left half written before this time.</summary>
    public void RemoveUnfinished(DateTimeOffset before)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*" + Ending + DurableFile.TemporaryEnding))
        {
            if (file.LastWriteTimeUtc < before.UtcDateTime)
            {
                file.Delete();
            }
        }
    }

    private static string NewName() => RandomNumberGenerator.GetHexString(NameBytes * 2, lowercase: true);

    /// <exception cref="FormatException">It is no file of this folder's making.</exception>
    public static SendmailMessage Read(byte[] file)
    {
        var end = file.AsSpan(0, Math.Min(file.Length, DroppedEnvelope.MaxBytes + 1)).IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FormatException("the file has no envelope");
        }

        var content = file[(end + 1)..];
        if (!HasOnlyWholeLines(content))
        {
            // Written past sendmail: behind a bare CR or LF another server could see a second message.
            throw new FormatException("the content has line ends other than CRLF, or an octet zero");
        }

        try
        {
            return new SendmailMessage(JsonSerializer.Deserialize<DroppedEnvelope>(file.AsSpan(0, end))!.ToEnvelope(content), content);
        }
        catch (Exception wrong) when (wrong is JsonException or NullReferenceException or ArgumentException)
        {
            throw new FormatException("the envelope cannot be read", wrong);
        }
    }

    private static bool HasOnlyWholeLines(ReadOnlySpan<byte> content)
    {
        while (content.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) is >= 0 and var at)
        {
            if (!content[at..].StartsWith("\r\n"u8))
            {
                return false;
            }

            content = content[(at + 2)..];
        }

        return content.IsEmpty;
    }
}

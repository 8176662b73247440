using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Relay.Senders;

/// <summary>Writes a small secret file so that after return it is complete and survives a crash, readable by its owner only.</summary>
/// <remarks>
/// Temporary file, fsync, rename, fsync of the folder. The class library swallows errors of fsync, and a key that is lost
/// after secrets were sealed with it cannot be replaced: therefore the call of libc.
/// </remarks>
public static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    // Alike on all processors; the number of O_DIRECTORY is not.
    private const int CloseOnExec = 0x80000;
    private const int AccessDenied = 13;

    /// <summary>What a file is called behind its name while it is written.</summary>
    public const string TemporaryEnding = ".new";

    /// <exception cref="IOException">It could not be made durable, or exists already and must not be replaced.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, bool replace) => Write(path, content, replace, OwnerOnly);

    /// <param name="mode">Who may read and write it once it has its name, whatever the process masks; on Windows as the folder says.</param>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte}, bool)"/>
    public static void Write(string path, ReadOnlySpan<byte> content, bool replace, UnixFileMode mode)
    {
        path = Path.GetFullPath(path);
        var temporary = path + TemporaryEnding;
        File.Delete(temporary);
        try
        {
            WriteTemporary(temporary, content, mode);
            File.Move(temporary, path, replace);
        }
        catch
        {
            // Half of it would only take the room that there is too little of.
            File.Delete(temporary);
            throw;
        }

        SyncName(path);
    }

    private static void WriteTemporary(string temporary, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using var file = new FileStream(temporary, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.SafeFileHandle, mode);
        }

        Sync(file.SafeFileHandle, temporary);
    }

    private static void Sync(SafeFileHandle handle, string path)
    {
        if (!OperatingSystem.IsWindows() && fsync(handle) != 0)
        {
            throw new IOException($"fsync of '{path}' failed with error {Marshal.GetLastPInvokeError()}.");
        }
    }

    private static void SyncName(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var folder = Path.GetDirectoryName(path)!;
        using var handle = open(System.Text.Encoding.UTF8.GetBytes(folder + "\0"), OperatingSystem.IsLinux() ? CloseOnExec : 0);
        if (handle.IsInvalid && Marshal.GetLastPInvokeError() == AccessDenied)
        {
            SyncAgain(path);
            return;
        }

        if (handle.IsInvalid)
        {
            throw new IOException($"Folder '{folder}' could not be opened: error {Marshal.GetLastPInvokeError()}.");
        }

        Sync(handle, folder);
    }

    // A drop folder: anybody may put files in, only its owner may look. The file systems in use write a new name out with the file that has it.
    private static void SyncAgain(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            Sync(file, path);
        }
        catch (FileNotFoundException)
        {
            // Its reader was quicker.
        }
    }

#pragma warning disable IDE1006 // the names are those of libc
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(SafeFileHandle handle);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle open(byte[] path, int flags);
#pragma warning restore IDE1006
}

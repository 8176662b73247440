using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Relay.Storage;

/// <summary>Makes files and names durable, and tells when that failed.</summary>
/// <remarks>
/// The runtime's own flush swallows the errors of fsync (EIO, ENOSPC, EDQUOT), so libc is called directly. A failed sync is never
/// repeated: the kernel may have dropped the pages and would report success.
/// </remarks>
internal class FileSync
{
    private const int OpenReadOnlyCloseOnExec = 0x80000;

    /// <exception cref="IOException">The content may not be on the disk.</exception>
    public virtual void SyncFile(SafeFileHandle file)
    {
        var synced = OperatingSystem.IsWindows() ? FlushFileBuffers(file) : Fsync(file) == 0;
        if (!synced)
        {
            throw Failed("syncing a file");
        }
    }

    /// <summary>The same without times and other facts that reading does not need: enough where the length stays.</summary>
    /// <exception cref="IOException">The content may not be on the disk.</exception>
    public virtual void SyncContent(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            SyncFile(file);
        }
        else if (Fdatasync(file) != 0)
        {
            throw Failed("syncing a file's content");
        }
    }

    /// <summary>Makes names created in the folder durable. NTFS logs names by itself.</summary>
    /// <exception cref="IOException">The name may not be on the disk.</exception>
    public virtual void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var flags = OperatingSystem.IsLinux() ? OpenReadOnlyCloseOnExec : 0;
        var descriptor = Open(Encoding.UTF8.GetBytes(path + '\0'), flags);
        if (descriptor < 0)
        {
            throw Failed("opening a folder");
        }

        using var folder = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Fsync(folder) != 0)
        {
            throw Failed("syncing a folder");
        }
    }

    private static IOException Failed(string step) => new($"Failed {step}: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(SafeFileHandle file);

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fdatasync(SafeFileHandle file);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool FlushFileBuffers(SafeFileHandle file);
}

using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Relay;

/// <summary>A file of the maildrop as it was read, and the user who left it.</summary>
/// <param name="UserId">Null where the system has no such numbers.</param>
internal sealed record DroppedFile(byte[] Content, uint? UserId)
{
    private const int CloseOnExec = 0x80000;
    private const int DoNotWait = 0x800;
    private const int NotPermitted = 1;
    private const int NotThere = 2;
    private const int NoDevice = 6;
    private const int AccessDenied = 13;
    private const int IsLink = 40;

    // Of the few numbers of open(2) that differ between processors.
    private static readonly int FollowNoLink =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>Reads a file that anybody may have put there, be it a link, a pipe without end, or one that grows while it is read.</summary>
    /// <remarks>
    /// Opened without following links and without waiting; asked about by its handle, so that what was looked at is what is read; read no
    /// further than it was long then. Its owner may still change it meanwhile: what he harms is his own message.
    /// </remarks>
    /// <returns>Null: it is gone.</returns>
    /// <exception cref="DroppedFileException">It is none that <c>sendmail</c> left.</exception>
    /// <exception cref="IOException">The disk or the system is in trouble.</exception>
    public static async ValueTask<DroppedFile?> ReadAsync(string path, long maxBytes, CancellationToken cancellationToken)
    {
        using var handle = Open(path);
        if (handle is null)
        {
            return null;
        }

        FileOwner? owner = OperatingSystem.IsLinux() ? FileOwner.Of(handle) : null;
        if (owner is { IsPlainFile: false })
        {
            throw new DroppedFileException("it is no plain file", owner?.UserId);
        }

        if (owner is { Links: > 1 })
        {
            // Somebody else's file may have been given a second name here.
            throw new DroppedFileException("it has another name elsewhere", owner?.UserId);
        }

        var length = owner?.Length ?? RandomAccess.GetLength(handle);
        if (length > maxBytes)
        {
            throw new DroppedFileException(string.Create(CultureInfo.InvariantCulture, $"it has {length} octets, more than a message may have"), owner?.UserId);
        }

        return new DroppedFile(await ReadAsync(handle, (int)length, cancellationToken), owner?.UserId);
    }

    private static async ValueTask<byte[]> ReadAsync(SafeFileHandle handle, int length, CancellationToken cancellationToken)
    {
        var content = new byte[length];
        var at = 0;
        int read;
        while (at < length && (read = await RandomAccess.ReadAsync(handle, content.AsMemory(at), at, cancellationToken)) > 0)
        {
            at += read;
        }

        return at == length ? content : content[..at];
    }

    private static SafeFileHandle? Open(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.Exists(path) ? File.OpenHandle(path) : null;
        }

        var handle = open(System.Text.Encoding.UTF8.GetBytes(path + "\0"), CloseOnExec | DoNotWait | FollowNoLink);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        handle.Dispose();
        return Marshal.GetLastPInvokeError() switch
        {
            NotThere => null,
            IsLink => throw new DroppedFileException("it is a link", null),
            AccessDenied or NotPermitted => throw new DroppedFileException("the server may not read it", null),
            NoDevice => throw new DroppedFileException("it is no plain file", null),
            var error => throw new IOException($"'{path}' could not be opened: error {error}."),
        };
    }

#pragma warning disable IDE1006 // the name is that of libc
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern SafeFileHandle open(byte[] path, int flags);
#pragma warning restore IDE1006
}

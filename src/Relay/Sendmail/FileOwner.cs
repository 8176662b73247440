using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Relay;

/// <summary>What the kernel knows of a file and the class library does not tell: whose it is, what it is, and under how many names.</summary>
/// <remarks>By <c>statx</c>, whose answer looks the same on every processor. Elsewhere than on Linux nothing is known.</remarks>
internal readonly record struct FileOwner(uint UserId, uint Links, bool IsPlainFile, long Length)
{
    public const uint Root = 0;

    private const int AnswerBytes = 256;
    private const int OfTheHandle = 0x1000;
    private const int CurrentFolder = -100;
    private const uint BasicFacts = 0x7ff;
    private const int KindMask = 0xf000;
    private const int PlainKind = 0x8000;

    /// <summary>The user this process acts as; 0 where there are no such numbers.</summary>
    public static uint Ourselves => OperatingSystem.IsLinux() ? geteuid() : Root;

    /// <exception cref="IOException">It cannot be asked.</exception>
    public static FileOwner Of(SafeFileHandle file)
    {
        var answer = new byte[AnswerBytes];
        return Read(statx(file, [0], OfTheHandle, BasicFacts, answer), answer);
    }

    /// <returns>User id; null where nothing is known.</returns>
    /// <exception cref="IOException">It cannot be asked.</exception>
    public static uint? OfFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var answer = new byte[AnswerBytes];
        return Read(statx(CurrentFolder, System.Text.Encoding.UTF8.GetBytes(folder + "\0"), 0, BasicFacts, answer), answer).UserId;
    }

    private static FileOwner Read(int result, ReadOnlySpan<byte> answer)
    {
        if (result != 0)
        {
            throw new IOException($"The owner of a file cannot be asked for: error {Marshal.GetLastPInvokeError()}.");
        }

        return new FileOwner(
            MemoryMarshal.Read<uint>(answer[20..]),
            MemoryMarshal.Read<uint>(answer[16..]),
            (MemoryMarshal.Read<ushort>(answer[28..]) & KindMask) == PlainKind,
            MemoryMarshal.Read<long>(answer[40..]));
    }

#pragma warning disable IDE1006 // the names are those of libc
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(SafeFileHandle folder, byte[] path, int flags, uint mask, byte[] answer);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, byte[] answer);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();
#pragma warning restore IDE1006
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Relay.Storage;

/// <summary>A file layer of SQLite (VFS) that writes what a commit adds to the write-ahead log in one piece.</summary>
/// <remarks>
/// SQLite writes the 24 octets of a frame's head and its page one by one, some twenty system calls for one accepted message. Here they gather in a buffer
/// that goes out before anything else happens to the file: before it is synced, read, measured, cut or closed, when what comes does not continue it, and
/// when it is full. A connection with <c>synchronous = FULL</c> syncs the log before it publishes a commit, so nobody ever looks for frames that
/// are still here; only such connections may use it. What fails while going out fails the sync, and with it the commit. All other files are the default layer's.
/// </remarks>
internal static unsafe partial class BufferedLog
{
    /// <summary>To be given to <c>sqlite3_open_v2</c>.</summary>
    public const string Name = "relay-log";

    private const string Library = "e_sqlite3";

    // SQLite's file layer for Unix writes less than 128 KiB at once.
    private const int BufferBytes = 120 * 1024;
    private const int Ok = 0;
    private const int OpensLog = 0x00080000;

    private static DefaultLayer* _default;
    private static Methods* _methods;

    /// <summary>Makes the layer known; once per process.</summary>
    public static void Register()
    {
        _default = FindLayer(null);
        _methods = (Methods*)NativeMemory.AllocZeroed((nuint)sizeof(Methods));
        *_methods = new Methods
        {
            Version = 1,
            Close = &Close,
            Read = &Read,
            Write = &Write,
            Truncate = &Truncate,
            Sync = &Sync,
            FileSize = &FileSize,
            Lock = &Lock,
            Unlock = &Unlock,
            CheckReservedLock = &CheckReservedLock,
            FileControl = &FileControl,
            SectorSize = &SectorSize,
            DeviceCharacteristics = &DeviceCharacteristics,
        };
        var layer = (DefaultLayer*)NativeMemory.AllocZeroed((nuint)sizeof(DefaultLayer));
        *layer = *_default;
        layer->FileBytes = sizeof(LogFile) + _default->FileBytes;
        layer->Next = null;
        layer->Name = (byte*)Marshal.StringToCoTaskMemUTF8(Name);
        layer->Open = &Open;
        var result = RegisterLayer(layer, 0);
        if (result != Ok)
        {
            throw new SqliteException(result, "The file layer of the write-ahead log was refused.");
        }
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_find")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial DefaultLayer* FindLayer(byte* name);

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_register")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RegisterLayer(DefaultLayer* layer, int makeDefault);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(DefaultLayer* layer, byte* name, AnyFile* file, int flags, int* flagsInForce)
    {
        if ((flags & OpensLog) == 0)
        {
            return _default->Open(_default, name, file, flags, flagsInForce);
        }

        var log = (LogFile*)file;
        *log = default;
        var real = Real(log);
        *real = default;
        var result = _default->Open(_default, name, real, flags, flagsInForce);
        if (result == Ok)
        {
            log->Buffer = (byte*)NativeMemory.Alloc(BufferBytes);
            log->Methods = _methods;
        }
        else if (real->Methods != null)
        {
            real->Methods->Close(real);
        }

        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(LogFile* log)
    {
        var flushed = Flush(log);
        NativeMemory.Free(log->Buffer);
        log->Buffer = null;
        var closed = Real(log)->Methods->Close(Real(log));
        return flushed == Ok ? closed : flushed;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(LogFile* log, byte* bytes, int count, long offset)
    {
        if (log->Length > 0 && (offset != log->Offset + log->Length || count > BufferBytes - log->Length))
        {
            var result = Flush(log);
            if (result != Ok)
            {
                return result;
            }
        }

        if (count > BufferBytes)
        {
            return Real(log)->Methods->Write(Real(log), bytes, count, offset);
        }

        if (log->Length == 0)
        {
            log->Offset = offset;
        }

        NativeMemory.Copy(bytes, log->Buffer + log->Length, (nuint)count);
        log->Length += count;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(LogFile* log, byte* bytes, int count, long offset)
    {
        var result = Flush(log);
        return result == Ok ? Real(log)->Methods->Read(Real(log), bytes, count, offset) : result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(LogFile* log, long size)
    {
        var result = Flush(log);
        return result == Ok ? Real(log)->Methods->Truncate(Real(log), size) : result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(LogFile* log, int flags)
    {
        var result = Flush(log);
        return result == Ok ? Real(log)->Methods->Sync(Real(log), flags) : result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(LogFile* log, long* size)
    {
        var result = Flush(log);
        return result == Ok ? Real(log)->Methods->FileSize(Real(log), size) : result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Lock(LogFile* log, int level) => Real(log)->Methods->Lock(Real(log), level);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Unlock(LogFile* log, int level) => Real(log)->Methods->Unlock(Real(log), level);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(LogFile* log, int* isReserved) => Real(log)->Methods->CheckReservedLock(Real(log), isReserved);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(LogFile* log, int operation, void* argument) => Real(log)->Methods->FileControl(Real(log), operation, argument);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(LogFile* log) => Real(log)->Methods->SectorSize(Real(log));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceCharacteristics(LogFile* log) => Real(log)->Methods->DeviceCharacteristics(Real(log));

    /// <summary>What could not be written is dropped: SQLite takes the transaction back and begins at the same place again.</summary>
    private static int Flush(LogFile* log)
    {
        if (log->Length == 0)
        {
            return Ok;
        }

        var length = log->Length;
        log->Length = 0;
        return Real(log)->Methods->Write(Real(log), log->Buffer, length, log->Offset);
    }

    /// <summary>The default layer's own file lies behind ours.</summary>
    private static AnyFile* Real(LogFile* log) => (AnyFile*)(log + 1);

    // The layouts below are those of sqlite3_file, sqlite3_io_methods (version 1) and sqlite3_vfs (version 3) in sqlite3.h.
    [StructLayout(LayoutKind.Sequential)]
    private struct AnyFile
    {
        public RealMethods* Methods;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LogFile
    {
        public Methods* Methods;
        public byte* Buffer;
        public long Offset;
        public int Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Methods
    {
        public int Version;
        public delegate* unmanaged[Cdecl]<LogFile*, int> Close;
        public delegate* unmanaged[Cdecl]<LogFile*, byte*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<LogFile*, byte*, int, long, int> Write;
        public delegate* unmanaged[Cdecl]<LogFile*, long, int> Truncate;
        public delegate* unmanaged[Cdecl]<LogFile*, int, int> Sync;
        public delegate* unmanaged[Cdecl]<LogFile*, long*, int> FileSize;
        public delegate* unmanaged[Cdecl]<LogFile*, int, int> Lock;
        public delegate* unmanaged[Cdecl]<LogFile*, int, int> Unlock;
        public delegate* unmanaged[Cdecl]<LogFile*, int*, int> CheckReservedLock;
        public delegate* unmanaged[Cdecl]<LogFile*, int, void*, int> FileControl;
        public delegate* unmanaged[Cdecl]<LogFile*, int> SectorSize;
        public delegate* unmanaged[Cdecl]<LogFile*, int> DeviceCharacteristics;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RealMethods
    {
        public int Version;
        public delegate* unmanaged[Cdecl]<AnyFile*, int> Close;
        public delegate* unmanaged[Cdecl]<AnyFile*, byte*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<AnyFile*, byte*, int, long, int> Write;
        public delegate* unmanaged[Cdecl]<AnyFile*, long, int> Truncate;
        public delegate* unmanaged[Cdecl]<AnyFile*, int, int> Sync;
        public delegate* unmanaged[Cdecl]<AnyFile*, long*, int> FileSize;
        public delegate* unmanaged[Cdecl]<AnyFile*, int, int> Lock;
        public delegate* unmanaged[Cdecl]<AnyFile*, int, int> Unlock;
        public delegate* unmanaged[Cdecl]<AnyFile*, int*, int> CheckReservedLock;
        public delegate* unmanaged[Cdecl]<AnyFile*, int, void*, int> FileControl;
        public delegate* unmanaged[Cdecl]<AnyFile*, int> SectorSize;
        public delegate* unmanaged[Cdecl]<AnyFile*, int> DeviceCharacteristics;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct DefaultLayer
    {
        private const int OtherFunctions = 15;

        public int Version;
        public int FileBytes;
        public int LongestPath;
        public DefaultLayer* Next;
        public byte* Name;
        public void* Data;
        public delegate* unmanaged[Cdecl]<DefaultLayer*, byte*, AnyFile*, int, int*, int> Open;
        public Others Rest;

        [InlineArray(OtherFunctions)]
        public struct Others
        {
            private nint _function;
        }
    }
}

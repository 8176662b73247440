using Microsoft.Win32.SafeHandles;

namespace Relay.Storage;

/// <summary>The journal's file: two halves of fixed size, filled in turn, so that a sync never has to write a new length.</summary>
/// <remarks>
/// Each turn begins a half anew under the next generation with the records still in force, and is synced before the other half is written over.
/// A half is read from its beginning as long as records are whole and of one generation. Not thread safe.
/// </remarks>
internal sealed class HandoffFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly FileSync _sync;
    private readonly byte[] _buffer = new byte[HandoffRecord.MaxBytes];
    private int _half;
    private int _position;
    private uint _generation;

    private HandoffFile(SafeFileHandle handle, int halfBytes, uint generation, FileSync sync)
    {
        _handle = handle;
        _sync = sync;
        HalfBytes = halfBytes;
        _generation = generation;
    }

    public int HalfBytes { get; }

    public uint Generation => _generation;

    /// <summary>Replaces the file by a new one with these records, all of it on the disk; until then the old one stays.</summary>
    public static HandoffFile Create(string path, int halfBytes, uint generation, IEnumerable<HandoffRecord> records, FileSync sync)
    {
        var draft = path + ".new";
        var handle = File.OpenHandle(draft, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var zeros = new byte[64 * 1024];
            for (long at = 0; at < 2L * halfBytes; at += zeros.Length)
            {
                RandomAccess.Write(handle, zeros, at);
            }

            var file = new HandoffFile(handle, halfBytes, generation, sync);
            foreach (var record in records)
            {
                file.TryAppend(record);
            }

            sync.SyncFile(handle);
            File.Move(draft, path, overwrite: true);
            sync.SyncFolder(Path.GetDirectoryName(path)!);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>What all whole records come to, in the order they were written; nothing when there is no file.</summary>
    public static HandoffNotes ReadNotes(string path)
    {
        if (!File.Exists(path))
        {
            return new HandoffNotes([], 0);
        }

        var content = File.ReadAllBytes(path);
        var (first, firstGeneration) = ReadHalf(content.AsSpan(0, content.Length / 2));
        var (second, secondGeneration) = ReadHalf(content.AsSpan(content.Length / 2));
        return firstGeneration <= secondGeneration
            ? new HandoffNotes([.. first, .. second], secondGeneration)
            : new HandoffNotes([.. second, .. first], firstGeneration);
    }

    /// <summary>Writes behind the last record; false when the half is full.</summary>
    public bool TryAppend(HandoffRecord record)
    {
        var length = record.Write(_buffer, _generation);
        if (_position + length > HalfBytes)
        {
            return false;
        }

        RandomAccess.Write(_handle, _buffer.AsSpan(0, length), ((long)_half * HalfBytes) + _position);
        _position += length;
        return true;
    }

    /// <summary>Begins the other half with the records still in force; false when they leave it less than half free.</summary>
    public bool TryTurn(IEnumerable<HandoffRecord> inForce)
    {
        _half = 1 - _half;
        _position = 0;
        _generation++;
        foreach (var record in inForce)
        {
            if (!TryAppend(record) || _position > HalfBytes / 2)
            {
                return false;
            }
        }

        Sync();
        return true;
    }

    /// <summary>Everything appended before is on the disk. May run beside <see cref="TryAppend"/>.</summary>
    /// <exception cref="IOException">It may not be; the file is not to be trusted any more.</exception>
    public void Sync() => _sync.SyncContent(_handle);

    public void Dispose() => _handle.Dispose();

    private static (List<HandoffRecord> Records, uint Generation) ReadHalf(ReadOnlySpan<byte> half)
    {
        var records = new List<HandoffRecord>();
        uint generation = 0;
        while (HandoffRecord.Read(half, out var own, out var length) is { } record && (records.Count == 0 || own == generation))
        {
            generation = own;
            records.Add(record);
            half = half[length..];
        }

        return (records, generation);
    }
}

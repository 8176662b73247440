using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>One message's content on its way in.</summary>
/// <remarks>
/// 1. In a pooled buffer up to the inline limit. 2. Beyond it in a file under tmp, in pieces: content comes in blocks of a few KiB, and each write changes
/// the thread. 3. Commit: write the rest, sync the file, rename it into place, sync the folder; then the name may be stored. Whatever fails, the file
/// goes and the writer is of no more use.
/// </remarks>
internal sealed class ContentWriter(SpoolFolder folder, FileSync sync, int inlineLimit, Action<Exception> reportFault) : IContentWriter
{
    private const int FirstBufferBytes = 8 * 1024;
    private const int PieceBytes = 64 * 1024;

    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBufferBytes, Math.Max(inlineLimit, 1)));
    private int _buffered;
    private long _written;
    private SafeFileHandle? _file;
    private string? _name;
    private string? _path;
    private State _state;

    private enum State
    {
        Open,
        Failed,
        Committed,
    }

    public long LengthBytes { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequireOpen();
        if (_file is null && LengthBytes + content.Length <= inlineLimit)
        {
            Append(content.Span);
            return;
        }

        try
        {
            if (_file is null)
            {
                OpenFile();
                await WriteBufferedAsync(cancellationToken);
                ReturnBuffer();
                _buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
            }
            else if (_buffered + content.Length > PieceBytes)
            {
                await WriteBufferedAsync(cancellationToken);
            }

            if (content.Length >= PieceBytes)
            {
                await RandomAccess.WriteAsync(_file!, content, _written, cancellationToken);
                _written += content.Length;
            }
            else
            {
                content.Span.CopyTo(_buffer.AsSpan(_buffered));
                _buffered += content.Length;
            }

            LengthBytes += content.Length;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Fail("The content could not be written", exception);
        }
    }

    public ValueTask<SpooledContent> CommitAsync(long headerBytes)
    {
        RequireOpen();
        string? fileName = null;
        ReadOnlyMemory<byte>? inline = null;
        if (_file is null)
        {
            // Exact and unpooled: it lives on in the task that is delivered at once.
            inline = _buffer.AsSpan(0, _buffered).ToArray();
            ReturnBuffer();
        }
        else
        {
            fileName = CommitFile();
        }

        _state = State.Committed;
        return ValueTask.FromResult(new SpooledContent
        {
            SizeBytes = LengthBytes,
            HeaderBytes = headerBytes,
            Inline = inline,
            FileName = fileName,
        });
    }

    public ValueTask DisposeAsync()
    {
        ReturnBuffer();
        if (_state != State.Committed)
        {
            DeleteFile();
        }

        return ValueTask.CompletedTask;
    }

    private void RequireOpen()
    {
        if (_state != State.Open)
        {
            throw _state == State.Failed
                ? new SpoolException("An earlier write of this content failed.")
                : new InvalidOperationException("The content is committed.");
        }
    }

    private void Append(ReadOnlySpan<byte> content)
    {
        var needed = _buffered + content.Length;
        if (needed > _buffer!.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(needed, _buffer.Length * 2), inlineLimit));
            _buffer.AsSpan(0, _buffered).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        content.CopyTo(_buffer.AsSpan(_buffered));
        _buffered = needed;
        LengthBytes = needed;
    }

    private async ValueTask WriteBufferedAsync(CancellationToken cancellationToken)
    {
        await RandomAccess.WriteAsync(_file!, _buffer.AsMemory(0, _buffered), _written, cancellationToken);
        _written += _buffered;
        _buffered = 0;
    }

    private void OpenFile()
    {
        _name = folder.NewName();
        _path = folder.TemporaryPath(_name);
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous);
    }

    private string CommitFile()
    {
        try
        {
            RandomAccess.Write(_file!, _buffer.AsSpan(0, _buffered), _written);
            ReturnBuffer();
            sync.SyncFile(_file!);
            _file!.Dispose();
            var final = folder.FinalPath(_name!);
            File.Move(_path!, final);
            _path = final;
            sync.SyncFolder(folder.FinalFolder(_name!));
            folder.Release(_name!);
            return _name!;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Fail("The content could not be made durable", exception);
        }
    }

    private SpoolException Fail(string what, Exception exception)
    {
        _state = State.Failed;
        DeleteFile();
        reportFault(exception);
        return new SpoolException($"{what}: {exception.Message}", exception);
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    private void DeleteFile()
    {
        _file?.Dispose();
        if (_path is null)
        {
            return;
        }

        try
        {
            File.Delete(_path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The sweep takes what cannot be deleted now; who gave up on the content need not know.
            reportFault(exception);
        }

        folder.Release(_name!);
        _path = null;
    }
}

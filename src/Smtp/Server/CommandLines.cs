using System.Buffers;

namespace Relay.Smtp.Server;

/// <summary>Takes command lines from the transport, each copied out of the pipe and good until the next.</summary>
/// <param name="mustStop">Asked before every wait: the session is to end here.</param>
internal sealed class CommandLines(SmtpTransport transport, SmtpServerLimits limits, Func<bool> mustStop) : IDisposable
{
    private readonly SmtpLineReader _reader = new();
    private readonly byte[] _line = ArrayPool<byte>.Shared.Rent(Math.Max(limits.MaxCommandLineBytes, limits.MaxAuthLineBytes));

    /// <summary>Whether the line last found too long was an AUTH command.</summary>
    public bool LongLineIsAuth => _reader.LongLineIsAuth;

    /// <summary>The next line; otherwise how the session ends.</summary>
    public async ValueTask<LineRead> ReadAsync()
    {
        while (true)
        {
            if (mustStop())
            {
                return LineRead.End(ServerReplies.Stopping);
            }

            var read = await transport.ReadAsync(limits.CommandTimeout);
            if (read.Status is not (ReadStatus.Data or ReadStatus.Closed))
            {
                return EndOf(read.Status);
            }

            var status = Take(read.Buffer, out var length);
            switch (status)
            {
                case LineStatus.Line:
                    return new LineRead(status, _line.AsMemory(0, length), null);
                case LineStatus.TooLong:
                    return new LineRead(status, default, null);
                case LineStatus.BareLineEnding:
                    return LineRead.End(ServerReplies.BareLineEnding);
                case LineStatus.Flood:
                    return LineRead.End(ServerReplies.LineFlood);
                case LineStatus.More when read.Status == ReadStatus.Closed:
                    return default;
            }
        }
    }

    // Lines of AUTH hold passwords.
    public void Dispose() => ArrayPool<byte>.Shared.Return(_line, clearArray: true);

    private LineStatus Take(ReadOnlySequence<byte> buffer, out int length)
    {
        var end = buffer.End;
        var status = _reader.TryRead(ref buffer, Math.Max(limits.MaxCommandLineBytes, limits.MaxAuthLineBytes), out var line);
        length = (int)line.Length;
        line.CopyTo(_line);
        if (status is LineStatus.Line or LineStatus.TooLong)
        {
            transport.AdvanceTo(buffer.Start);
        }
        else
        {
            transport.AdvanceTo(buffer.Start, end);
        }

        return status;
    }

    private static LineRead EndOf(ReadStatus status) => status switch
    {
        ReadStatus.TimedOut => LineRead.End(ServerReplies.IdleTooLong),
        ReadStatus.Expired => LineRead.End(ServerReplies.ConnectionTooOld),
        _ => default,
    };
}

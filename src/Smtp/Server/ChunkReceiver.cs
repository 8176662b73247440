using System.Buffers;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>Streams exactly the octets of one chunk from the connection (RFC 3030 §2), never holding more than the pipe does.</summary>
internal sealed class ChunkReceiver(SmtpTransport transport, SmtpServerLimits limits, TimeProvider time)
{
    /// <param name="content">Null throws the octets away.</param>
    public async ValueTask<ContentEnd> ReceiveAsync(long sizeBytes, ChunkedContent? content, CancellationToken cancellationToken)
    {
        var rate = content?.Rate ?? new DataRateMeter(limits.MinDataRateBytesPerSecond, limits.DataRateGrace);
        var left = sizeBytes;
        while (left > 0)
        {
            var started = time.GetTimestamp();
            var read = await transport.ReadAsync(limits.DataTimeout);
            if (read.Status is not (ReadStatus.Data or ReadStatus.Closed))
            {
                return new ContentEnd(false, ReplyTo(read.Status), sizeBytes - left);
            }

            var taken = read.Buffer.Slice(0, Math.Min(left, read.Buffer.Length));
            var inTime = rate.Note(time.GetElapsedTime(started), taken.Length);
            left -= taken.Length;
            if (content is not null)
            {
                await TakeAsync(taken, content, cancellationToken);
            }

            transport.AdvanceTo(taken.End);
            if (left > 0 && (read.Status == ReadStatus.Closed || !inTime))
            {
                return new ContentEnd(false, read.Status == ReadStatus.Closed ? null : ServerReplies.TooSlow, sizeBytes - left);
            }
        }

        return new ContentEnd(true, null, sizeBytes);
    }

    private static async ValueTask TakeAsync(ReadOnlySequence<byte> octets, ChunkedContent content, CancellationToken cancellationToken)
    {
        foreach (var segment in octets)
        {
            await content.WriteAsync(segment, cancellationToken);
        }
    }

    private static SmtpReply? ReplyTo(ReadStatus status) => status switch
    {
        ReadStatus.TimedOut => ServerReplies.IdleTooLong,
        ReadStatus.Expired => ServerReplies.ConnectionTooOld,
        _ => null,
    };
}

using System.Buffers;
using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>How the content behind a 354 ended.</summary>
/// <param name="IsComplete">Its end was found; otherwise the connection ends here.</param>
/// <param name="Refusal">Complete: what is wrong with it, null for nothing. Incomplete: the last reply, null when nobody is left to read it.</param>
/// <param name="Bytes">Octets of content seen.</param>
internal readonly record struct ContentEnd(bool IsComplete, SmtpReply? Refusal, long Bytes);

/// <summary>Streams the content of one message from the connection to its writer, never holding more than the pipe does.</summary>
/// <remarks>
/// Content that cannot be taken (too large, malformed, writer in trouble) is still read to its real end, so that what follows is
/// not mistaken for commands; only a sender far beyond the size limit is cut off.
/// </remarks>
internal sealed class ContentReceiver(SmtpTransport transport, SmtpServerLimits limits, TimeProvider time, ILogger logger)
{
    // How much more than announced is read for the sake of a proper 552.
    internal const int OversizeFactor = 2;

    private readonly DataReader _reader = new(limits.ConvertsBareLineEndings);
    private readonly DataRateMeter _rate = new(limits.MinDataRateBytesPerSecond, limits.DataRateGrace);

    private bool IsTooLarge => _reader.ContentBytes > limits.MaxMessageSizeBytes;

    public async ValueTask<ContentEnd> ReceiveAsync(IMessageWriter writer, CancellationToken cancellationToken)
    {
        var target = new ContentTarget(writer, limits, logger);
        while (true)
        {
            var started = time.GetTimestamp();
            var read = await transport.ReadAsync(limits.DataTimeout);
            if (read.Status is not (ReadStatus.Data or ReadStatus.Closed))
            {
                return Incomplete(ReplyTo(read.Status));
            }

            var inTime = _rate.Note(time.GetElapsedTime(started), read.Buffer.Length);
            transport.AdvanceTo(await ConsumeAsync(read.Buffer, target, cancellationToken));
            if (_reader.IsComplete)
            {
                await target.EndAsync(cancellationToken);
                return new ContentEnd(true, Refusal(target), _reader.ContentBytes);
            }

            if (read.Status == ReadStatus.Closed)
            {
                return Incomplete(null);
            }

            if (!inTime)
            {
                return Incomplete(ServerReplies.TooSlow);
            }

            if (_reader.ContentBytes / OversizeFactor > limits.MaxMessageSizeBytes)
            {
                return Incomplete(ServerReplies.MessageTooLarge);
            }
        }
    }

    private static SmtpReply? ReplyTo(ReadStatus status) => status switch
    {
        ReadStatus.TimedOut => ServerReplies.IdleTooLong,
        ReadStatus.Expired => ServerReplies.ConnectionTooOld,
        _ => null,
    };

    private ContentEnd Incomplete(SmtpReply? lastReply) => new(false, lastReply, _reader.ContentBytes);

    private async ValueTask<SequencePosition> ConsumeAsync(ReadOnlySequence<byte> buffer, ContentTarget target, CancellationToken cancellationToken)
    {
        long taken = 0;
        foreach (var segment in buffer)
        {
            var piece = segment;
            while (!piece.IsEmpty)
            {
                var content = _reader.Read(piece, out var consumed);
                piece = piece[consumed..];
                taken += consumed;
                if (!content.IsEmpty && !IsTooLarge && _reader.Fault == DataFault.None)
                {
                    await target.WriteAsync(content, cancellationToken);
                }

                if (_reader.IsComplete)
                {
                    return buffer.GetPosition(taken);
                }
            }
        }

        return buffer.End;
    }

    private SmtpReply? Refusal(ContentTarget target) => _reader.Fault switch
    {
        DataFault.BareLineEnding => ServerReplies.ContentBareLineEnding,
        DataFault.Nul => ServerReplies.ContentNul,
        _ when IsTooLarge => ServerReplies.MessageTooLarge,
        _ => target.Refusal,
    };
}

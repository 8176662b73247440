using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The content of a message that arrives in chunks (RFC 3030): what was taken so far, and what is wrong with it.</summary>
/// <remarks>
/// Chunks need no dots and could carry anything, but the message goes on by DATA to most peers: bare CR or LF and NUL are refused
/// here as there, so that no later server finds an end inside it.
/// </remarks>
internal sealed class ChunkedContent(IMessageWriter writer, SmtpServerLimits limits)
{
    private readonly LineEndingCheck _lines = new();
    private bool _writerFailed;

    public IMessageWriter Writer => writer;

    /// <summary>Of all chunks together: small chunks do not earn a new grace each.</summary>
    public DataRateMeter Rate { get; } = new(limits.MinDataRateBytesPerSecond, limits.MinDataRateGrace);

    public long Bytes { get; private set; }

    private bool IsTooLarge => Bytes > limits.MaxMessageSizeBytes;

    /// <summary>Takes a piece; what cannot be taken is remembered and told when the chunk is over.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, ILogger logger, CancellationToken cancellationToken)
    {
        Bytes += piece.Length;
        _lines.Note(piece.Span);
        if (_writerFailed || IsTooLarge || _lines.Fault != DataFault.None)
        {
            return;
        }

        try
        {
            await writer.WriteAsync(piece, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            SmtpLog.ContentNotWritten(logger, e);
            _writerFailed = true;
        }
    }

    /// <summary>What is wrong with the content so far; null for nothing.</summary>
    public SmtpReply? Refusal(bool isLast)
    {
        if (isLast)
        {
            _lines.End();
        }

        return _lines.Fault switch
        {
            DataFault.BareLineEnding => ServerReplies.ChunkBareLineEnding,
            DataFault.Nul => ServerReplies.ContentNul,
            _ when IsTooLarge => ServerReplies.MessageTooLarge,
            _ when _writerFailed => ServerReplies.LocalTrouble,
            _ => null,
        };
    }
}

/// <summary>What is to be done with the octets of a chunk.</summary>
/// <param name="Content">Null: they are read and thrown away, so that they are not taken for commands.</param>
/// <param name="Refusal">The reply when there is no content.</param>
/// <param name="Closes">Not even read: the refusal is the last word.</param>
internal readonly record struct ChunkPlan(ChunkedContent? Content, SmtpReply? Refusal, bool Closes = false);

using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The content of a message that arrives in chunks (RFC 3030): what was taken so far, and what is wrong with it.</summary>
/// <remarks>
/// Chunks need no dots and could carry anything, but the message goes on by DATA to most peers: bare CR or LF and NUL are refused
/// (or converted) here as there, so that no later server finds an end inside it.
/// </remarks>
internal sealed class ChunkedContent(IMessageWriter writer, SmtpServerLimits limits, ILogger logger)
{
    private readonly LineEndingCheck _lines = new(limits.ConvertsBareLineEndings);
    private readonly ContentTarget _target = new(writer, limits, logger);

    public IMessageWriter Writer => writer;

    /// <summary>Of all chunks together: small chunks do not earn a new grace each.</summary>
    public DataRateMeter Rate { get; } = new(limits.MinDataRateBytesPerSecond, limits.DataRateGrace);

    public long Bytes { get; private set; }

    private bool IsTooLarge => Bytes > limits.MaxMessageSizeBytes;

    /// <summary>Takes a piece; what cannot be taken is remembered and told when the chunk is over.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        Bytes += piece.Length;
        _lines.Note(piece.Span);
        return IsTooLarge || _lines.Fault != DataFault.None ? ValueTask.CompletedTask : _target.WriteAsync(piece, cancellationToken);
    }

    /// <summary>What is wrong with the content so far; null for nothing.</summary>
    public async ValueTask<SmtpReply?> EndChunkAsync(bool isLast)
    {
        if (isLast)
        {
            _lines.End();
            await _target.EndAsync(CancellationToken.None);
        }

        return _lines.Fault switch
        {
            DataFault.BareLineEnding => ServerReplies.ChunkBareLineEnding,
            DataFault.Nul => ServerReplies.ContentNul,
            _ when IsTooLarge => ServerReplies.MessageTooLarge,
            _ => _target.Refusal,
        };
    }
}

/// <summary>What is to be done with the octets of a chunk.</summary>
/// <param name="Content">Null: they are read and thrown away, so that they are not taken for commands.</param>
/// <param name="Refusal">The reply when there is no content.</param>
/// <param name="Closes">Not even read: the refusal is the last word.</param>
internal readonly record struct ChunkPlan(ChunkedContent? Content, SmtpReply? Refusal, bool Closes = false);

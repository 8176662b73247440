using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>Hands content to its writer, with line endings converted where the listener does that, and remembers trouble until it can be told.</summary>
internal sealed class ContentTarget(IMessageWriter writer, SmtpServerLimits limits, ILogger logger)
{
    private readonly LineEndingConverter? _converter = limits.ConvertsBareLineEndings ? new() : null;
    private bool _hasFailed;

    public IMessageWriter Writer => writer;

    /// <summary>What conversion has made too large, or the writer could not take; null for nothing.</summary>
    public SmtpReply? Refusal => IsTooLarge ? ServerReplies.MessageTooLarge : _hasFailed ? ServerReplies.LocalTrouble : null;

    private bool IsTooLarge => _converter?.Bytes > limits.MaxMessageSizeBytes;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_converter is null)
        {
            await KeepAsync(content, cancellationToken);
            return;
        }

        while (!content.IsEmpty)
        {
            var slice = _converter.Next(content, out var consumed);
            content = content[consumed..];
            await KeepAsync(slice, cancellationToken);
        }
    }

    /// <summary>The content is over.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        while (_converter?.End() is { IsEmpty: false } rest)
        {
            await KeepAsync(rest, cancellationToken);
        }
    }

    // Whatever the writer's trouble is, the rest of the content has to be read before it can be told.
    private async ValueTask KeepAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_hasFailed || IsTooLarge || content.IsEmpty)
        {
            return;
        }

        try
        {
            await writer.WriteAsync(content, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            SmtpLog.ContentNotWritten(logger, e);
            _hasFailed = true;
        }
    }
}

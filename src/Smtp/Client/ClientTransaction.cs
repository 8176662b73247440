using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>One message to hand over: envelope and content in order of sending.</summary>
public sealed record ClientTransaction
{
    public required Envelope Envelope { get; init; }

    /// <summary>Sent before <see cref="Content"/>: signatures and trace fields, CRLF lines.</summary>
    public required ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>Content as accepted, in memory; used when <see cref="ContentStream"/> is null.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Opens the content when it is not in memory; the session disposes the stream.</summary>
    public Func<CancellationToken, ValueTask<Stream>>? ContentStream { get; init; }

    /// <summary>Octets of prefix and content, for SIZE=.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Content goes by BDAT where the peer offers CHUNKING (RFC 3030 §2); binary content always does.</summary>
    public bool UseChunking { get; init; }

    /// <summary>False: one command at a time, whatever the peer offers.</summary>
    public bool UsePipelining { get; init; } = true;

    /// <summary>
    /// Called when content begins to flow, with the indexes of the recipients the peer has taken so far; the final dot, or the last chunk,
    /// waits for it. What it throws passes through: nothing was accepted then, and the connection is lost.
    /// </summary>
    public Func<IReadOnlyList<int>, ValueTask>? BeforeFinalDot { get; init; }
}

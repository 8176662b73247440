using System.Net;
using System.Text;

namespace Relay.Tests.Support;

/// <summary>One accepted transaction, exactly as it came.</summary>
public sealed record SinkMessage
{
    /// <summary>1 for the sink's first connection.</summary>
    public required int Connection { get; init; }

    /// <summary>Name from EHLO or HELO.</summary>
    public required string Hello { get; init; }

    /// <summary>Without angle brackets; empty for the null reverse-path.</summary>
    public required string ReversePath { get; init; }

    /// <summary>Parameters behind MAIL FROM, as sent.</summary>
    public required string MailParameters { get; init; }

    /// <summary>The accepted ones, without angle brackets.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>Parameters behind each accepted RCPT TO, as sent.</summary>
    public required IReadOnlyList<string> RecipientParameters { get; init; }

    /// <summary>Undotted octets, final CRLF included.</summary>
    public required byte[] Content { get; init; }

    /// <summary>It came by BDAT.</summary>
    public bool IsChunked { get; init; }

    public required bool IsEncrypted { get; init; }

    /// <summary>User name of AUTH; null without.</summary>
    public required string? Login { get; init; }

    /// <summary>Address the client came from.</summary>
    public required IPAddress Client { get; init; }

    public string Text => Encoding.UTF8.GetString(Content);
}

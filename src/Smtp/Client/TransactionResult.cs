using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>What the peer said to one transaction.</summary>
public sealed record TransactionResult
{
    /// <summary>One result per envelope recipient, in their order.</summary>
    public required IReadOnlyList<RecipientResult> Recipients { get; init; }

    /// <summary>False when the connection cannot carry another transaction.</summary>
    public required bool IsConnectionUsable { get; init; }

    /// <summary>The peer offered CHUNKING but does not know BDAT; the connection is lost, and DATA may do on another one.</summary>
    public bool IsChunkingRefused { get; init; }

    /// <summary>The connection broke while replies to a group of commands were awaited: the peer may not master PIPELINING.</summary>
    public bool IsPipeliningSuspect { get; init; }

    /// <summary>Why the connection broke, as one sentence for the operator; null when it did not.</summary>
    public string? Failure { get; init; }
}

/// <summary>The reply that decides for one recipient.</summary>
/// <param name="Reply">Null when no reply came: the connection broke first.</param>
/// <param name="Step">Where it was decided.</param>
/// <param name="MayHaveBeenAccepted">The connection was lost after the final dot: the peer may have taken the message (RFC 5321 §6.1, RFC 1047).</param>
public sealed record RecipientResult(SmtpReply? Reply, TransactionStep Step, bool MayHaveBeenAccepted)
{
    /// <summary>The reply is ours: the peer's EHLO rules it out, and it was not asked.</summary>
    public bool IsOurs { get; init; }
}

/// <summary>Steps of a transaction as reports name them.</summary>
public enum TransactionStep
{
    Connect,
    Greeting,
    Hello,
    StartTls,
    Authentication,
    Mail,
    Recipient,
    Data,
    Content,
    FinalDot,
    Reset,
    Quit,
}

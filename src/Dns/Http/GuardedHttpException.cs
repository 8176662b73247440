namespace Relay.Dns;

/// <summary>A call that brought no response; the message is a sentence fit for the operator and for the owner of the URL.</summary>
public sealed class GuardedHttpException : Exception
{
    public GuardedHttpException(GuardedHttpFailure failure, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
    }

    public GuardedHttpFailure Failure { get; }

    /// <summary>True when the same call may succeed later.</summary>
    public bool IsTemporary => Failure is not (GuardedHttpFailure.Forbidden or GuardedHttpFailure.NoSuchHost);
}

/// <summary>Why a call brought no response.</summary>
public enum GuardedHttpFailure
{
    /// <summary>The URL or every address of its host is one we do not call.</summary>
    Forbidden,

    /// <summary>The host has no address, for certain.</summary>
    NoSuchHost,

    /// <summary>DNS gave no answer for now.</summary>
    NameResolution,

    /// <summary>No address accepted a connection.</summary>
    Connection,

    /// <summary>No TLS, or a certificate that is not trusted for the host.</summary>
    Tls,

    /// <summary>The time for the call was used up.</summary>
    Timeout,

    /// <summary>The response body exceeds the limit.</summary>
    ResponseTooLarge,

    /// <summary>The connection broke or spoke no HTTP.</summary>
    Protocol,
}

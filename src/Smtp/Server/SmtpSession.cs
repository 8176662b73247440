using System.Net;

namespace Relay.Smtp.Server;

/// <summary>What policy and sink may know of the session; a value that changes only between commands.</summary>
public sealed record SmtpSession
{
    /// <summary>Short id, unique in this process, in every log line of the connection.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>Name of the listener as in the configuration.</summary>
    public required string Listener { get; init; }

    public required IPEndPoint Peer { get; init; }

    public required IPEndPoint Local { get; init; }

    /// <summary>The name given with EHLO or HELO; null before it.</summary>
    public string? HelloName { get; init; }

    public bool IsExtended { get; init; }

    /// <summary>Null without TLS.</summary>
    public TlsInfo? Tls { get; init; }

    /// <summary>The client's certificate names a login: it is known without AUTH, and may use EXTERNAL.</summary>
    public bool IsCertified { get; init; }

    /// <summary>Login that authenticated; null before.</summary>
    public string? Login { get; init; }

    /// <summary>It was the client's certificate that proved <see cref="Login"/> (EXTERNAL).</summary>
    public bool IsLoginByCertificate { get; init; }

    /// <summary>Id of the credential behind <see cref="Login"/>, or of whom the client is known to be without one; null: nobody known.</summary>
    public long? CredentialId { get; init; }

    public long AccountId { get; init; } = 1;

    /// <summary>Id of the user of this machine who left the message as a file; null for everything that came by a connection.</summary>
    public uint? LocalUserId { get; init; }

    /// <summary>What the policy said of the login; opaque to the engine.</summary>
    public object? Identity { get; init; }

    /// <summary>With what a policy says of a client that has not logged in; null: nobody known.</summary>
    internal SmtpSession KnownAs(AuthenticationResult? known) => this with
    {
        CredentialId = known?.CredentialId,
        AccountId = known?.AccountId ?? 1,
        Identity = known?.Identity,
        IsCertified = known is { Refusal: null, IsByCertificate: true },
    };

    internal SmtpSession LoggedInAs(AuthenticationResult login) =>
        this with
        {
            Login = login.Login,
            IsLoginByCertificate = login.IsByCertificate,
            CredentialId = login.CredentialId,
            AccountId = login.AccountId,
            Identity = login.Identity,
        };

    /// <summary>TLS is up: what was said before it is forgotten (RFC 3207 §4.2).</summary>
    internal SmtpSession UnderTls(TlsInfo tls) => KnownAs(null) with { Tls = tls, HelloName = null, IsExtended = false, Login = null, IsLoginByCertificate = false };

    /// <summary>Keyword for Received (RFC 3848, RFC 6531): SMTP, ESMTP, ESMTPS, ESMTPA, ESMTPSA, UTF8SMTPSA …</summary>
    public string ProtocolKeyword(bool smtpUtf8) => (IsExtended, smtpUtf8) switch
    {
        (false, _) => "SMTP",
        (true, false) => "ESMTP" + (Tls is null ? "" : "S") + (Login is null ? "" : "A"),
        (true, true) => "UTF8SMTP" + (Tls is null ? "" : "S") + (Login is null ? "" : "A"),
    };
}

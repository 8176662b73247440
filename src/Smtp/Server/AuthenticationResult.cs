using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>Who logged in, or the reply that refuses without saying which part was wrong.</summary>
public sealed record AuthenticationResult
{
    public string? Login { get; private init; }

    public long? CredentialId { get; private init; }

    public long AccountId { get; private init; } = 1;

    /// <summary>What the policy knows of the login; handed back to it untouched in <see cref="SmtpSession.Identity"/>.</summary>
    public object? Identity { get; private init; }

    /// <summary>It was the client's certificate that said so.</summary>
    public bool IsByCertificate { get; init; }

    /// <summary>Null on success.</summary>
    public SmtpReply? Refusal { get; private init; }

    public static AuthenticationResult Success(string login, long credentialId, long accountId, object? identity = null) =>
        new() { Login = login, CredentialId = credentialId, AccountId = accountId, Identity = identity };

    public static AuthenticationResult Refused(SmtpReply reply) => new() { Refusal = reply };
}

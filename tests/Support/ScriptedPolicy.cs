using System.Security.Cryptography;
using Relay.Mail;
using Relay.Smtp.Server;

namespace Relay.Tests.Support;

/// <summary>Allows everything but what a test tells it to refuse. Set up before use.</summary>
public sealed class ScriptedPolicy : ISmtpPolicy
{
    private static readonly SmtpReply BadLogin = SmtpReply.Of(535, "5.7.8", "Authentication credentials invalid");

    /// <summary>Passwords by login.</summary>
    public Dictionary<string, string> Users { get; } = [];

    /// <summary>Refusals by mailbox, for MAIL and RCPT.</summary>
    public Dictionary<string, SmtpReply> Refusals { get; } = [];

    public SmtpReply? ConnectRefusal { get; set; }

    /// <summary>Ends every session that has logged in, at its next command.</summary>
    public SmtpReply? Ending { get; set; }

    /// <summary>Who every client is without having logged in.</summary>
    public AuthenticationResult? KnownClient { get; set; }

    /// <summary>AUTH is offered when there are users, under TLS or always.</summary>
    public bool OffersAuthenticationInClear { get; set; }

    /// <summary>Said to whoever asks for a secret, from now on.</summary>
    public SmtpReply? ScramRefusal { get; set; }

    /// <summary>Thrown by whatever is asked next.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Announced sizes as MAIL gave them.</summary>
    public List<long?> AnnouncedSizes { get; } = [];

    /// <summary>How often RCPT was asked.</summary>
    public int RecipientsAsked { get; private set; }

    public ValueTask<SmtpReply?> ConnectAsync(SmtpSession session, CancellationToken cancellationToken) => Answer(ConnectRefusal);

    public ValueTask<SmtpReply?> ContinueAsync(SmtpSession session, CancellationToken cancellationToken) => ValueTask.FromResult(Ending);

    public bool OffersAuthentication(SmtpSession session) => Users.Count > 0 && (session.Tls is not null || OffersAuthenticationInClear);

    public ValueTask<AuthenticationResult> AuthenticateAsync(SmtpSession session, string login, string password, CancellationToken cancellationToken)
    {
        ThrowIfToldTo();
        return ValueTask.FromResult(Users.TryGetValue(login, out var known) && known == password
            ? AuthenticationResult.Success(login, credentialId: 7, accountId: 3)
            : AuthenticationResult.Refused(BadLogin));
    }

    public ValueTask<ScramLookup> FindScramAsync(SmtpSession session, string login, CancellationToken cancellationToken)
    {
        ThrowIfToldTo();
        return ValueTask.FromResult(ScramRefusal is not null ? new ScramLookup(null, ScramRefusal) : new ScramLookup(Secret(Users.GetValueOrDefault(login, "nobody knows this")), null));
    }

    public ValueTask<AuthenticationResult> DecideScramAsync(SmtpSession session, string login, bool isProven, CancellationToken cancellationToken) =>
        ValueTask.FromResult(isProven ? AuthenticationResult.Success(login, credentialId: 7, accountId: 3) : AuthenticationResult.Refused(BadLogin));

    /// <summary>Salt and iterations are those of the example in RFC 7677 §3.</summary>
    public static ScramSecret Secret(string password)
    {
        var salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, 4096, HashAlgorithmName.SHA256, 32);
        return new ScramSecret(salt, 4096, SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)), HMACSHA256.HashData(salted, "Server Key"u8));
    }

    /// <summary>Logins by certificate fingerprint.</summary>
    public Dictionary<string, string> Certificates { get; } = [];

    public ValueTask<AuthenticationResult?> IdentifyAsync(SmtpSession session, CancellationToken cancellationToken)
    {
        ThrowIfToldTo();
        return ValueTask.FromResult(CertificateLogin(session) is { } login ? login with { IsByCertificate = true } : KnownClient);
    }

    public ValueTask<AuthenticationResult> AuthenticateCertificateAsync(SmtpSession session, string identity, CancellationToken cancellationToken) =>
        ValueTask.FromResult(CertificateLogin(session) is { } login && (identity.Length == 0 || identity == login.Login) ? login : AuthenticationResult.Refused(BadLogin));

    private AuthenticationResult? CertificateLogin(SmtpSession session) =>
        session.Tls?.Client is { } client && Certificates.TryGetValue(client.Fingerprint, out var login)
            ? AuthenticationResult.Success(login, credentialId: 7, accountId: 3)
            : null;

    public ValueTask<SmtpReply?> MailAsync(SmtpSession session, Envelope envelope, long? announcedSize, CancellationToken cancellationToken)
    {
        AnnouncedSizes.Add(announcedSize);
        return Answer(Refusals.GetValueOrDefault(envelope.ReversePath.ToString()));
    }

    public ValueTask<SmtpReply?> RecipientAsync(
        SmtpSession session, Envelope envelope, EnvelopeRecipient recipient, CancellationToken cancellationToken)
    {
        RecipientsAsked++;
        return Answer(Refusals.GetValueOrDefault(recipient.Mailbox.ToString()));
    }

    private ValueTask<SmtpReply?> Answer(SmtpReply? reply)
    {
        ThrowIfToldTo();
        return ValueTask.FromResult(reply);
    }

    private void ThrowIfToldTo()
    {
        if (Failure is not null)
        {
            throw Failure;
        }
    }
}

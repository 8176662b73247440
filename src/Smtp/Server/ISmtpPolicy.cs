using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>Decides; knows no bytes. A null reply means yes. Thread safe.</summary>
public interface ISmtpPolicy
{
    /// <summary>Before the greeting. A 4xx or 5xx reply is sent instead of it and the connection closed.</summary>
    ValueTask<SmtpReply?> ConnectAsync(SmtpSession session, CancellationToken cancellationToken);

    /// <summary>Asked before every command of a session with a credential, by login or <see cref="IdentifyAsync"/>: is it still good? A reply, 421, ends the session.</summary>
    ValueTask<SmtpReply?> ContinueAsync(SmtpSession session, CancellationToken cancellationToken);

    /// <summary>May AUTH be offered in this session's present state (TLS, network)?</summary>
    bool OffersAuthentication(SmtpSession session);

    /// <summary>Checks a user name and password from AUTH PLAIN or LOGIN.</summary>
    ValueTask<AuthenticationResult> AuthenticateAsync(SmtpSession session, string login, string password, CancellationToken cancellationToken);

    /// <summary>The secret of this login for SCRAM; of one that does not exist a made-up one, which nobody can prove.</summary>
    ValueTask<ScramLookup> FindScramAsync(SmtpSession session, string login, CancellationToken cancellationToken);

    /// <summary>Ends a SCRAM exchange: counts a failure, or decides whether a proven login may be used here and now.</summary>
    ValueTask<AuthenticationResult> DecideScramAsync(SmtpSession session, string login, bool isProven, CancellationToken cancellationToken);

    /// <summary>AUTH EXTERNAL: may the client of this certificate be whom it names?</summary>
    /// <param name="identity">Empty: whomever the certificate stands for.</param>
    ValueTask<AuthenticationResult> AuthenticateCertificateAsync(SmtpSession session, string identity, CancellationToken cancellationToken);

    /// <summary>Who a client is without having logged in, asked at every EHLO and HELO; a refusal there stands against MAIL. Null: nobody known.</summary>
    ValueTask<AuthenticationResult?> IdentifyAsync(SmtpSession session, CancellationToken cancellationToken);

    /// <summary>May this session open a transaction with this envelope (still without recipients)?</summary>
    /// <param name="announcedSize">SIZE= in octets, or null.</param>
    ValueTask<SmtpReply?> MailAsync(SmtpSession session, Envelope envelope, long? announcedSize, CancellationToken cancellationToken);

    /// <summary>May this recipient join the envelope, which holds those accepted so far?</summary>
    ValueTask<SmtpReply?> RecipientAsync(SmtpSession session, Envelope envelope, EnvelopeRecipient recipient, CancellationToken cancellationToken);
}

using System.Net;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Who may relay what through one listener: users who logged in, and networks named in the configuration; nobody else.</summary>
internal sealed class SubmissionPolicy : ISmtpPolicy
{
    private static readonly SmtpReply RelayingDenied =
        SmtpReply.Of(550, "5.7.1", "relaying denied: log in first, or submit from a network allowed to relay");

    private static readonly SmtpReply LoginRefused = SmtpReply.Of(535, "5.7.8", "login refused");

    private readonly SubmissionRules _rules;
    private readonly CredentialCheck _credentials;
    private readonly MessageIntake _intake;
    private readonly ISuppressionStore _suppressions;
    private readonly LocalMailboxes _local;

    public SubmissionPolicy(
        SubmissionRules rules, LocalMailboxes local, CredentialCheck credentials, MessageIntake intake, ISuppressionStore suppressions)
    {
        _rules = rules;
        _local = local;
        _credentials = credentials;
        _intake = intake;
        _suppressions = suppressions;
    }

    public ValueTask<SmtpReply?> ConnectAsync(SmtpSession session, CancellationToken cancellationToken) => ValueTask.FromResult<SmtpReply?>(null);

    public bool OffersAuthentication(SmtpSession session) => _rules.AllowsAuthentication && session.Tls is not null && session.Login is null;

    public async ValueTask<AuthenticationResult> AuthenticateAsync(
        SmtpSession session, string login, string password, CancellationToken cancellationToken)
    {
        var result = await _credentials.CheckPasswordAsync(login, password, session.Peer.Address, cancellationToken);
        return result switch
        {
            { Credential: { } credential } => AuthenticationResult.Success(login, credential.Id, credential.AccountId, credential),
            { RetryAfter: { } wait } => AuthenticationResult.Refused(
                SmtpReply.Of(454, "4.7.0", $"too many failed logins; try again in {Math.Ceiling(wait.TotalSeconds):0} seconds")),
            { Outcome: CredentialOutcome.Busy } => AuthenticationResult.Refused(SmtpReply.Of(454, "4.7.0", "too many logins at once; try again in a moment")),
            { Outcome: CredentialOutcome.Suspended } => AuthenticationResult.Refused(SmtpReply.Of(535, "5.7.13", "the account of this login is suspended")),
            _ => AuthenticationResult.Refused(LoginRefused),
        };
    }

    public ValueTask<SmtpReply?> MailAsync(SmtpSession session, Envelope envelope, long? announcedSize, CancellationToken cancellationToken) =>
        ValueTask.FromResult(MayOpen(session, envelope));

    public async ValueTask<SmtpReply?> RecipientAsync(
        SmtpSession session, Envelope envelope, EnvelopeRecipient recipient, CancellationToken cancellationToken)
    {
        if (_local.ForwardFor(recipient.Mailbox) is not null)
        {
            return null;
        }

        if (!MayRelay(session))
        {
            return RelayingDenied;
        }

        if (!_rules.RejectsSuppressed)
        {
            return null;
        }

        var suppressed = await _suppressions.FindAsync(session.AccountId, [recipient.Mailbox], cancellationToken);
        return suppressed.Count == 0
            ? null
            : SmtpReply.Of(550, "5.7.1", "the recipient is on the suppression list of this server");
    }

    /// <summary>True for sessions that may relay without having logged in.</summary>
    public bool IsExempt(SmtpSession session) => _rules.IsOpenToClients || _rules.RelayNetworks.Any(network => Contains(network, session.Peer.Address));

    /// <summary>True for sessions whose messages may ask for a time, tags and the like in their header block: strangers' may not.</summary>
    public bool ObeysHeaders(SmtpSession session) => _rules.ObeysHeaders && MayRelay(session);

    private SmtpReply? MayOpen(SmtpSession session, Envelope envelope)
    {
        if (_rules.RequiresLogin && !MayRelay(session))
        {
            return SmtpReply.Of(530, "5.7.0", session.Tls is null && _rules.AllowsAuthentication
                ? "authentication required: use STARTTLS, then AUTH"
                : "authentication required");
        }

        if (!_intake.Health.IsHealthy)
        {
            return StorageReplies.Unwell;
        }

        return MayWait(envelope, MayRelay(session)) ?? MayUse(session, envelope.ReversePath);
    }

    private static SmtpReply? MayWait(Envelope envelope, bool mayRelay) =>
        envelope.NotBefore is null || mayRelay ? null : SmtpReply.Of(550, "5.7.1", "only those who may relay can ask to hold a message");

    private bool MayRelay(SmtpSession session) => session.Login is not null || IsExempt(session);

    private static SmtpReply? MayUse(SmtpSession session, ReversePath reversePath) =>
        session.Identity is not Credential credential || SenderPolicy.AllowsSender(credential, reversePath)
            ? null
            : SmtpReply.Of(553, "5.7.1", $"login {session.Login} may not send as <{reversePath}>");

    private static bool Contains(IPNetwork network, IPAddress address) =>
        network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}

/// <summary>What the configuration says of one listener's clients.</summary>
internal sealed record SubmissionRules
{
    /// <summary>AUTH is offered over TLS.</summary>
    public required bool AllowsAuthentication { get; init; }

    /// <summary>No transaction without login or exemption, not even to local mailboxes.</summary>
    public required bool RequiresLogin { get; init; }

    /// <summary><c>auth = "none"</c>: the listener's address alone guards it.</summary>
    public required bool IsOpenToClients { get; init; }

    public required IReadOnlyList<IPNetwork> RelayNetworks { get; init; }

    /// <summary>Submissions may ask for things in their header block.</summary>
    public required bool ObeysHeaders { get; init; }

    /// <summary>Suppressed recipients are refused at RCPT instead of being settled quietly.</summary>
    public required bool RejectsSuppressed { get; init; }
}

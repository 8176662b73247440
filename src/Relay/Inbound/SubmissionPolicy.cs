using System.Net;
using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>Who may relay what through one listener: users who logged in, and networks named in the configuration; nobody else.</summary>
internal sealed class SubmissionPolicy : ISmtpPolicy
{
    private static readonly SmtpReply RelayingDenied =
        SmtpReply.Of(550, "5.7.1", "relaying denied: log in first, or submit from a network allowed to relay");

    private static readonly SmtpReply LiteralRefused =
        SmtpReply.Of(550, "5.1.2", "mail to address literals is not taken here; use a domain");

    private static readonly SmtpReply RecipientTooShort =
        SmtpReply.Of(554, "5.1.2", "the recipient's domain is a short name; write it in full, such as example.com (RFC 6409 section 4.2)");

    private static readonly SmtpReply SenderTooShort =
        SmtpReply.Of(554, "5.1.8", "the sender's domain is a short name; write it in full, such as example.com (RFC 6409 section 4.2)");

    private static readonly SmtpReply FromMissing = SmtpReply.Of(550, "5.6.0", "the message has no From field (RFC 5322 section 3.6.2)");

    private static readonly SmtpReply FromTwice = SmtpReply.Of(550, "5.6.0", "the message has more than one From field (RFC 5322 section 3.6)");

    private static readonly SmtpReply LoginRefused = SmtpReply.Of(535, "5.7.8", "login refused");

    private static readonly SmtpReply CertificateRefused =
        SmtpReply.Of(450, "4.7.1", "the login for which your certificate stands cannot be used at present");

    private readonly SubmissionRules _rules;
    private readonly CredentialCheck _credentials;
    private readonly CertificateLogins _certificates;
    private readonly IEmailQuota _quota;
    private readonly MessageIntake _intake;
    private readonly ISuppressionStore _suppressions;
    private readonly IReadOnlyList<IOwnMail> _own;
    private readonly IDomainHolders? _holders;
    private readonly ILogger _log;

    /// <param name="holders">Null: nobody has proved a domain.</param>
    public SubmissionPolicy(
        SubmissionRules rules,
        IReadOnlyList<IOwnMail> own,
        CredentialCheck credentials,
        IEmailQuota quota,
        MessageIntake intake,
        ISuppressionStore suppressions,
        ILogger<SubmissionPolicy> log,
        IDomainHolders? holders = null)
    {
        _holders = holders;
        _rules = rules;
        _own = own;
        _log = log;
        _credentials = credentials;
        _certificates = new CertificateLogins(credentials);
        _quota = quota;
        _intake = intake;
        _suppressions = suppressions;
    }

    public ValueTask<SmtpReply?> ConnectAsync(SmtpSession session, CancellationToken cancellationToken) => ValueTask.FromResult<SmtpReply?>(null);

    public bool OffersAuthentication(SmtpSession session) =>
        _rules.AllowsAuthentication && session.Login is null && (session.Tls is not null || NetworkOf(session) is { OffersClearAuthentication: true });

    public async ValueTask<AuthenticationResult> AuthenticateAsync(
        SmtpSession session, string login, string password, CancellationToken cancellationToken)
    {
        var result = await _credentials.CheckPasswordAsync(login, password, session.Peer.Address, cancellationToken);
        return Translate(login, result);
    }

    public async ValueTask<SmtpReply?> ContinueAsync(SmtpSession session, CancellationToken cancellationToken) =>
        session.Identity is not Credential credential
            ? null
            : await RecheckAsync(session, credential, cancellationToken) switch
            {
                CredentialOutcome.Accepted => null,
                CredentialOutcome.Suspended => SmtpReply.Of(421, "4.7.0", "the account of this login was suspended, closing connection"),
                _ => SmtpReply.Of(421, "4.7.0", "this login is no longer valid, closing connection"),
            };

    // By what the client is known: its password, nothing but its network, or its certificate.
    private async ValueTask<CredentialOutcome> RecheckAsync(SmtpSession session, Credential credential, CancellationToken cancellationToken) =>
        session is { Login: not null, IsLoginByCertificate: false } ? await _credentials.RecheckAsync(credential, session.Peer.Address, cancellationToken)
        : session is { Login: null, IsCertified: false } ? await _credentials.RecheckLoginAsync(credential, cancellationToken)
        : await _certificates.FindAsync(session, cancellationToken) is { } now && (now.Credential is null || now.Credential.Id == credential.Id) ? now.Outcome
        : CredentialOutcome.Refused;

    public async ValueTask<AuthenticationResult> AuthenticateCertificateAsync(SmtpSession session, string identity, CancellationToken cancellationToken) =>
        await _certificates.FindAsync(session, cancellationToken) is { } result && (result.Credential is null || identity.Length == 0 || identity == result.Credential.Name)
            ? Translate(result.Credential?.Name ?? identity, result) with { IsByCertificate = true }
            : AuthenticationResult.Refused(LoginRefused);

    public async ValueTask<ScramLookup> FindScramAsync(SmtpSession session, string login, CancellationToken cancellationToken)
    {
        var (verifier, refusal) = await _credentials.FindScramAsync(login, session.Peer.Address, cancellationToken);
        return verifier is null
            ? new ScramLookup(null, Translate(login, refusal!).Refusal)
            : new ScramLookup(new ScramSecret(verifier.Salt, verifier.Iterations, verifier.StoredKey, verifier.ServerKey), null);
    }

    public async ValueTask<AuthenticationResult> DecideScramAsync(SmtpSession session, string login, bool isProven, CancellationToken cancellationToken) =>
        Translate(login, await _credentials.CompleteScramAsync(login, isProven, session.Peer.Address, cancellationToken));

    private static AuthenticationResult Translate(string login, CredentialCheckResult result) => result switch
    {
        { Credential: { } credential } => AuthenticationResult.Success(login, credential.Id, credential.AccountId, credential),
        { RetryAfter: { } wait } => AuthenticationResult.Refused(
            SmtpReply.Of(454, "4.7.0", $"too many failed logins; try again in {(wait <= TimeSpan.FromSeconds(1) ? "a second" : $"{Math.Ceiling(wait.TotalSeconds):0} seconds")}")),
        { Outcome: CredentialOutcome.Busy } => AuthenticationResult.Refused(SmtpReply.Of(454, "4.7.0", "too many logins at once; try again in a moment")),
        { Outcome: CredentialOutcome.Suspended } => AuthenticationResult.Refused(SmtpReply.Of(535, "5.7.13", "the account of this login is suspended")),
        _ => AuthenticationResult.Refused(LoginRefused),
    };

    public async ValueTask<SmtpReply?> MailAsync(SmtpSession session, Envelope envelope, long? announcedSize, CancellationToken cancellationToken) =>
        MayOpen(session, envelope)
        ?? await RefuseHeldAsync(session, envelope.ReversePath.Mailbox?.Domain, "MAIL", 553, cancellationToken)
        ?? (envelope.ReversePath.Mailbox is null ? null : await LookAtQuotaAsync(session, envelope, recipients: 1, cancellationToken));

    /// <summary>Looks at the domain in From, which signs: what one account has proved no other may send as.</summary>
    public ValueTask<SmtpReply?> RefuseFromAsync(SmtpSession session, DomainName? domain, CancellationToken cancellationToken) =>
        RefuseHeldAsync(session, domain, "From", 550, cancellationToken);

    private async ValueTask<SmtpReply?> RefuseHeldAsync(SmtpSession session, DomainName? domain, string place, int code, CancellationToken cancellationToken) =>
        domain is not null && session.Identity is Credential credential && _holders is not null
        && await _holders.FindHolderAsync(domain, cancellationToken) is { } holder && holder != credential.AccountId
            ? Judge(session, place, SmtpReply.Of(code, "5.7.1", $"{domain} in {place} is a domain of another account than that of login {NameOf(session)}"))
            : null;

    // Counted is at the end, with the content; looked at before, so that nothing is sent that has to come again. Reports, which count for
    // nobody, come with the null reverse-path. Whose domain stands in From is not known yet: that of the reverse-path mostly is the same.
    private async ValueTask<SmtpReply?> LookAtQuotaAsync(SmtpSession session, Envelope envelope, int recipients, CancellationToken cancellationToken) =>
        MayRelay(session)
        && await _quota.LookAsync(await SenderOfAsync(session, cancellationToken), new(envelope.ReversePath.Mailbox?.Domain, new(1, recipients)), cancellationToken) is { } full
            ? QuotaReplies.OfRecipient(full)
            : null;

    /// <summary>Whose quotas mail of this session counts for, with the limits that hold now: a session may last for hours.</summary>
    public async ValueTask<QuotaSender> SenderOfAsync(SmtpSession session, CancellationToken cancellationToken) =>
        new(session.AccountId, session.Identity is Credential credential ? await _credentials.RefreshAsync(credential, cancellationToken) : null);

    public async ValueTask<SmtpReply?> RecipientAsync(
        SmtpSession session, Envelope envelope, EnvelopeRecipient recipient, CancellationToken cancellationToken)
    {
        if (_own.Any(own => own.IsOurs(recipient.Mailbox)))
        {
            return null;
        }

        foreach (var own in _own)
        {
            if (await own.RefuseAsync(recipient.Mailbox, cancellationToken) is { } nobody)
            {
                return nobody;
            }
        }

        if (!MayRelay(session))
        {
            return RelayingDenied;
        }

        if (recipient.Mailbox.Literal is not null && !_rules.TakesAddressLiterals)
        {
            return LiteralRefused;
        }

        if (IsTooShort(recipient.Mailbox))
        {
            return RecipientTooShort;
        }

        if (await LookAtQuotaAsync(session, envelope, envelope.Recipients.Count + 1, cancellationToken) is { } full)
        {
            return full;
        }

        if (!_rules.RejectsSuppressed)
        {
            return null;
        }

        var query = new SuppressionQuery(session.AccountId, [recipient.Mailbox]) { Stream = ObeysHeaders(session) ? null : StreamOf(session) };
        var suppressed = await _suppressions.FindAsync(query, cancellationToken);
        return suppressed.Count == 0
            ? null
            : SmtpReply.Of(550, "5.7.1", "the recipient is on the suppression list of this server");
    }

    /// <summary>True for sessions that may relay without having logged in.</summary>
    public bool IsExempt(SmtpSession session) =>
        session.IsCertified || _rules.IsOpenToClients || (NetworkOf(session)?.MayRelay ?? IsInRelayNetwork(session.Peer.Address));

    /// <summary>The login for which the client's certificate stands, else that as which mail of its network counts; null without one.</summary>
    public async ValueTask<AuthenticationResult?> IdentifyAsync(SmtpSession session, CancellationToken cancellationToken)
    {
        if (await _certificates.FindAsync(session, cancellationToken) is { } certified)
        {
            return certified.Credential is { } login
                ? AuthenticationResult.Success(login.Name, login.Id, login.AccountId, login) with { IsByCertificate = true }
                : AuthenticationResult.Refused(CertificateRefused);
        }

        if (NetworkOf(session) is not { User: { } user })
        {
            return null;
        }

        // A login that is gone or suspended leaves its network without rights, not with those of everybody.
        var credential = await _credentials.FindLoginAsync(user, cancellationToken);
        return credential is null
            ? AuthenticationResult.Refused(SmtpReply.Of(450, "4.7.1", $"mail from your network counts as login {user}, which cannot be used at present"))
            : AuthenticationResult.Success(user, credential.Id, credential.AccountId, credential);
    }

    private bool IsInRelayNetwork(IPAddress peer)
    {
        // Asked several times for each message.
        foreach (var network in _rules.RelayNetworks)
        {
            if (Contains(network, peer))
            {
                return true;
            }
        }

        return false;
    }

    private PeerNetwork? NetworkOf(SmtpSession session) => PeerNetwork.Find(_rules.Networks, session.Peer.Address);

    /// <summary>True for sessions whose messages may ask for a time, tags and the like in their header block: strangers' may not.</summary>
    public bool ObeysHeaders(SmtpSession session) => _rules.ObeysHeaders && MayRelay(session);

    /// <summary>The stream of the session's mail, where no header says another: then it is known before the header comes.</summary>
    public static MailStream StreamOf(SmtpSession session) =>
        (session.Identity as Credential)?.Defaults.Stream == "broadcast" ? MailStream.Broadcast : MailStream.Transactional;

    private SmtpReply? MayOpen(SmtpSession session, Envelope envelope)
    {
        if (_rules.RequiresLogin && !MayRelay(session))
        {
            return SmtpReply.Of(530, "5.7.0", session.Tls is null && _rules is { AllowsAuthentication: true, OffersTls: true }
                ? "authentication required: use STARTTLS, then AUTH"
                : "authentication required");
        }

        if (!_intake.Health.IsHealthy)
        {
            return StorageReplies.Unwell;
        }

        return MayWait(envelope, MayRelay(session))
            ?? (MayRelay(session) && envelope.ReversePath.Mailbox is { } sender && IsTooShort(sender) ? SenderTooShort : null)
            ?? MayUse(session, envelope.ReversePath);
    }

    // A number at the end is an address without its brackets: no top-level domain is one.
    private bool IsTooShort(Mailbox mailbox) =>
        _rules.ShortNames is { } known && mailbox.Domain is { } domain && !known.Contains(domain.Ascii)
        && (domain.Labels.Count == 1 || domain.Labels[^1].All(char.IsAsciiDigit));

    private static SmtpReply? MayWait(Envelope envelope, bool mayRelay) =>
        envelope.NotBefore is null || mayRelay ? null : SmtpReply.Of(550, "5.7.1", "only those who may relay can ask to hold a message");

    /// <summary>True for logins and for sessions that need none.</summary>
    public bool MayRelay(SmtpSession session) => session.Login is not null || IsExempt(session);

    /// <summary>True where a From that nobody looked at must not pass: the login may send as some only.</summary>
    public bool HoldsToSenders(SmtpSession session) =>
        session.Identity is Credential { AllowedSenders.Count: > 0 } && _rules.SenderCheck == SenderCheck.Reject;

    /// <summary>Looks at the header block of a submission: one From where that is required, and who stands in it.</summary>
    public SmtpReply? ReviewHeader(SmtpSession session, HeaderBlock header, bool requireFrom)
    {
        var count = header.Count("From");
        if (requireFrom && count != 1)
        {
            return count == 0 ? FromMissing : FromTwice;
        }

        return session.Identity is Credential { AllowedSenders.Count: > 0 } credential && FirstForeign(credential, header) is { } foreign
            ? Judge(session, "From", SmtpReply.Of(550, "5.7.1", $"login {NameOf(session)} may not send with From: {foreign}"))
            : null;
    }

    private SmtpReply? MayUse(SmtpSession session, ReversePath reversePath) =>
        session.Identity is not Credential credential || SenderPolicy.AllowsSender(credential, reversePath)
            ? null
            : Judge(session, "MAIL", SmtpReply.Of(553, "5.7.1", $"login {NameOf(session)} may not send as <{reversePath}>"));

    // Every mailbox of every From field: a reader of mail shows the one or the other.
    private static string? FirstForeign(Credential credential, HeaderBlock header)
    {
        foreach (var field in header.FindAll("From"))
        {
            // Not of the decoded text: what an encoded word decodes to is a name, whatever stands in it (RFC 2047 §5).
            var addresses = AddressList.Parse(field.Value);
            if (addresses.FirstOrDefault(address => !SenderPolicy.AllowsSender(credential, address.Mailbox)) is { } foreign)
            {
                return $"<{foreign.Mailbox}>";
            }

            if (addresses.Count == 0 || addresses.Unparsed.Any(MayBeAddress) || addresses.Groups.Any(group => MayBeAddress(group.Name)))
            {
                return "a text that is no address";
            }
        }

        return null;
    }

    // For a reader who is less strict, or decodes first. "Doe" of "Doe, John <john@example.com>" is none.
    private static bool MayBeAddress(string? text) => text is not null && EncodedWord.Decode(text).Contains('@', StringComparison.Ordinal);

    private static string NameOf(SmtpSession session) => session.Login ?? (session.Identity as Credential)?.Name ?? "-";

    private SmtpReply? Judge(SmtpSession session, string place, SmtpReply refusal)
    {
        if (_rules.SenderCheck == SenderCheck.Off)
        {
            return null;
        }

        RelayLog.ForeignSender(_log, NameOf(session), place, _rules.SenderCheck == SenderCheck.Warn ? "let through" : "refused");
        return _rules.SenderCheck == SenderCheck.Reject ? refusal : null;
    }

    private static bool Contains(IPNetwork network, IPAddress address) =>
        network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}

/// <summary>What the configuration says of one listener's clients.</summary>
internal sealed record SubmissionRules
{
    /// <summary>AUTH is offered over TLS.</summary>
    public required bool AllowsAuthentication { get; init; }

    /// <summary>STARTTLS can be used, so that it makes sense to speak of it.</summary>
    public bool OffersTls { get; init; } = true;

    /// <summary>No transaction without login or exemption, not even to local mailboxes.</summary>
    public required bool RequiresLogin { get; init; }

    /// <summary><c>auth = "none"</c>: the listener's address alone guards it.</summary>
    public required bool IsOpenToClients { get; init; }

    public required IReadOnlyList<IPNetwork> RelayNetworks { get; init; }

    /// <summary>Submissions may ask for things in their header block.</summary>
    public required bool ObeysHeaders { get; init; }

    /// <summary>Networks treated in their own way; the first that holds an address decides.</summary>
    public IReadOnlyList<PeerNetwork> Networks { get; init; } = [];

    /// <summary>Recipients such as user@[192.0.2.1] are taken.</summary>
    public bool TakesAddressLiterals { get; init; }

    /// <summary>Domains of one label that are taken from those who may relay, in A-labels; null: all are.</summary>
    public IReadOnlySet<string>? ShortNames { get; init; }

    /// <summary>What becomes of senders a login may not use.</summary>
    public SenderCheck SenderCheck { get; init; } = SenderCheck.Reject;

    /// <summary>Suppressed recipients are refused at RCPT instead of being settled quietly.</summary>
    public required bool RejectsSuppressed { get; init; }
}

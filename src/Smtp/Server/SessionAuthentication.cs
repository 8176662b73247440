using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>AUTH of one session (RFC 4954): which mechanisms it is offered, and the exchange that runs.</summary>
/// <remarks>Touches no bytes and no clock; asks the policy. Not thread safe.</remarks>
/// <param name="succeeded">Called with whom the policy took the client for.</param>
internal sealed class SessionAuthentication(ISmtpPolicy policy, SessionBudget budget, Action<AuthenticationResult> succeeded)
{
    private AuthenticationExchange? _exchange;

    /// <summary>May be asked from another thread, and then be a moment old.</summary>
    public bool IsRunning => _exchange is not null;

    /// <summary>Upper-case name of the running exchange's mechanism; null outside one.</summary>
    public string? Mechanism => _exchange?.Mechanism;

    /// <summary>What EHLO announces now; nothing once a login succeeded.</summary>
    public IReadOnlyList<string> Offered(SmtpSession facts) =>
        facts.Login is not null || !policy.OffersAuthentication(facts) ? [] : SaslServer.Offered(facts.Tls?.ServerEndPoint is not null, facts.IsCertified);

    /// <summary>An AUTH command.</summary>
    public ValueTask<SessionStep> BeginAsync(SmtpSession facts, SmtpCommand.Auth auth, bool offersTls, CancellationToken cancellationToken)
    {
        if (Refusal(facts, offersTls) is { } refusal)
        {
            return ValueTask.FromResult(SessionStep.Answer(refusal));
        }

        if (SaslServer.Create(auth.Mechanism, facts.Tls?.ServerEndPoint, facts.IsCertified) is not { } server)
        {
            return ValueTask.FromResult(SessionStep.Answer(ServerReplies.AuthUnknownMechanism));
        }

        _exchange = new AuthenticationExchange(auth.Mechanism, server);
        return FollowAsync(facts, _exchange.Begin(auth.InitialResponse), cancellationToken);
    }

    /// <summary>One line of the running exchange.</summary>
    public async ValueTask<SessionStep> ContinueAsync(SmtpSession facts, ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        var exchange = _exchange ?? throw new InvalidOperationException("No AUTH exchange is running");
        return AuthenticationExchange.IsCancel(line.Span)
            ? End(ServerReplies.AuthCancelled)
            : await FollowAsync(facts, exchange.Next(line.Span), cancellationToken);
    }

    /// <summary>Ends the running exchange with this answer.</summary>
    public SessionStep End(SmtpReply reply)
    {
        _exchange = null;
        return new SessionStep(reply, SessionNext.Command, true, null);
    }

    private SmtpReply? Refusal(SmtpSession facts, bool offersTls)
    {
        if (facts.Login is not null)
        {
            return ServerReplies.AuthDone;
        }

        if (!facts.IsExtended)
        {
            return ServerReplies.AuthNeedsEhlo;
        }

        if (policy.OffersAuthentication(facts))
        {
            return null;
        }

        return offersTls ? ServerReplies.AuthNeedsTls : ServerReplies.AuthNotOffered;
    }

    private async ValueTask<SessionStep> FollowAsync(SmtpSession facts, SaslStep step, CancellationToken cancellationToken)
    {
        if (step is SaslStep.Challenge { Proves: { } proved } && (await policy.FindScramAsync(facts, proved, cancellationToken)).Refusal is { } wait)
        {
            // Others failed since this exchange began: an answer now would tell one more guess from the rest.
            return Failed(wait);
        }

        switch (step)
        {
            case SaslStep.Challenge challenge:
                return new SessionStep(AuthenticationExchange.Prompt(challenge), SessionNext.AuthResponse, true, null);
            case SaslStep.CheckPassword check:
                return Decided(await policy.AuthenticateAsync(facts, check.Login, check.Password, cancellationToken));
            case SaslStep.FindSecret find:
                var lookup = await policy.FindScramAsync(facts, find.Login, cancellationToken);
                return lookup.Secret is { } secret
                    ? await FollowAsync(facts, _exchange!.Answer(secret), cancellationToken)
                    : Failed(lookup.Refusal ?? ServerReplies.AuthUnavailable);
            case SaslStep.UseCertificate certificate:
                return Decided(await policy.AuthenticateCertificateAsync(facts, certificate.Identity, cancellationToken));
            case SaslStep.Proven proven:
                return Decided(await policy.DecideScramAsync(facts, proven.Login, proven.IsRight, cancellationToken));
            case SaslStep.ForeignBinding:
                return End(ServerReplies.AuthForeignBinding);
            default:
                return End(ServerReplies.AuthMalformed);
        }
    }

    private SessionStep Decided(AuthenticationResult result)
    {
        if (result.Refusal is { } refusal)
        {
            return Failed(refusal);
        }

        succeeded(result);
        return End(ServerReplies.AuthSucceeded);
    }

    private SessionStep Failed(SmtpReply refusal) =>
        budget.AllowsAuthenticationFailure(refusal) ? End(refusal) : SessionStep.Close(End(ServerReplies.TooManyAuthFailures).Reply);
}

using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Opens a connection for a route: dials its hosts in order until one says EHLO and meets the TLS policy.</summary>
/// <remarks>
/// Hosts that the domain's own policy does not name are left out (RFC 8461 §4.1). Per address: 1. connect; 2. TLS first where implicit;
/// 3. greeting and EHLO; 4. STARTTLS as the policy says; 5. AUTH where there is a login. Any failure moves on to the next address
/// (RFC 5321 §5.1), a 5xx greeting too; a family that fails goes last for a while. A handshake that stalls or breaks is tried once more with
/// TLS 1.2 alone, which some old servers and middle boxes need; then, with opportunistic TLS, once in clear. Told in the end is the last
/// refusal in words, else the last failure.
/// </remarks>
internal sealed class ConnectionOpener(
    IPeerConnector connector,
    DaneLookup dane,
    OutboundMonitor monitor,
    FamilyMemory families,
    SourceMonitor sources,
    AccessTokens tokens,
    TlsSessions sessions,
    DeliveryMetrics metrics,
    Random random)
{
    public async ValueTask<OpenResult> OpenAsync(
        Route route, EgressPath path, TlsPolicy tls, DialExclusions excluded, CancellationToken cancellationToken)
    {
        if (!route.Hosts.Any(h => tls.Allows(h.Name)))
        {
            var unnamed = $"{tls.Origin} names none of its mail hosts";
            sessions.NoHostNamed(tls, unnamed);
            return new OpenResult(null, new OpenFailure(TransactionStep.StartTls, null, unnamed, null, null, null));
        }

        OpenFailure? failure = null;
        foreach (var target in DialPlan.For(route, path.Source, excluded.With(route.Hosts.Select(h => h.Name).Where(name => !tls.Allows(name))), families, random))
        {
            var attempt = await TryTargetAsync(target, route, path, tls, cancellationToken);
            if (attempt.Connection is not null)
            {
                return attempt;
            }

            failure = failure?.Reply is not null && attempt.Failure!.Reply is null ? failure : attempt.Failure;
        }

        return new OpenResult(null, failure ?? NothingToDial(route, path));
    }

    private async ValueTask<OpenResult> TryTargetAsync(
        DialTarget target, Route route, EgressPath path, TlsPolicy tls, CancellationToken cancellationToken)
    {
        // Connections are found again by what the mail demands, not by what its host added to it.
        var demands = tls.Demands;
        if (tls.UsesDane)
        {
            var facts = await dane.FindAsync(target.Host.Name, target.Port, cancellationToken);
            if (facts.Problem is { } problem)
            {
                sessions.RecordsUnknown(tls, target, path.Source, problem);
                return Failed(target, TransactionStep.StartTls, null, problem, null);
            }

            tls = Tighten(tls, target, facts);
        }

        var result = await TryOnceAsync(target, route, path, demands, tls, tls.Mode == DeliveryTlsMode.None ? TlsUse.None : TlsUse.Modern, cancellationToken);
        if (result.Failure is { Handshake: HandshakeFailure.Broken })
        {
            result = await TryOnceAsync(target, route, path, demands, tls, TlsUse.Tls12, cancellationToken);
        }

        if (result.Failure is { Step: TransactionStep.StartTls } failure)
        {
            sessions.Failed(tls, target, path.Source, failure, failure.CertificateTrouble);
            return tls.Mode == DeliveryTlsMode.Opportunistic
                ? await TryOnceAsync(target, route, path, demands, tls, TlsUse.None, cancellationToken)
                : result;
        }

        if (result.Connection is { } opened && tls.Mode != DeliveryTlsMode.None)
        {
            sessions.Opened(tls, target, path.Source, opened.Session);
        }

        return result;
    }

    // What the host publishes stands in for the usual verification; records nobody can check still demand TLS (RFC 7672 §2.2).
    private static TlsPolicy Tighten(TlsPolicy tls, DialTarget target, DaneFacts facts) => facts switch
    {
        { Records.Count: > 0 } => tls with { Mode = DeliveryTlsMode.Required, MustVerify = true, Origin = $"the TLSA record of {target.Host.Name}", Records = facts.Records },
        { IsPublished: true } => tls with { Mode = DeliveryTlsMode.Required, Origin = tls.MustVerify ? tls.Origin : $"the TLSA record of {target.Host.Name}" },
        _ => tls,
    };

    private async ValueTask<OpenResult> TryOnceAsync(
        DialTarget target, Route route, EgressPath path, TlsDemands demands, TlsPolicy tls, TlsUse use, CancellationToken cancellationToken)
    {
        IPeerSession? session = null;
        try
        {
            session = await connector.ConnectAsync(target, path.Source, cancellationToken);
            monitor.Connected();
            await PrepareAsync(session, target, route, tls, use, cancellationToken);
            metrics.ConnectionOpened("ok");
            families.Succeeded(route.Site.Name, target.Family);
            var key = new ConnectionKey(path.Key, demands, route.Login?.Login);
            var connection = new PeerConnection(session, key, target);
            session = null;
            return new OpenResult(connection, null);
        }
        catch (DialException exception)
        {
            if (exception.IsTimeout && route.Kind == RouteKind.Mx)
            {
                monitor.TimedOut(route.Site.Name, target.Port);
            }

            if (!exception.IsOurs)
            {
                families.Failed(route.Site.Name, target.Family);
            }

            metrics.ConnectionOpened(exception.IsTimeout ? "timeout" : "refused");
            return Failed(target, TransactionStep.Connect, null, exception.Message, null);
        }
        catch (AccessTokenException exception)
        {
            metrics.ConnectionOpened("failed");
            return Failed(target, TransactionStep.Authentication, null, exception.Message, session?.Conversation);
        }
        catch (SmtpProtocolException exception)
        {
            if (OtherFamily.IsRefusal(exception.Reply, exception.Step))
            {
                families.Failed(route.Site.Name, target.Family);
                sources.Refused(path.Source, route.Site.Name, exception.Message);
            }

            metrics.ConnectionOpened("failed");
            return Failed(target, exception.Step, exception.Reply, exception.Message, session?.Conversation, exception.Handshake, session?.CertificateTrouble ?? TlsSessionResult.ValidationFailure);
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync();
            }
        }
    }

    private async ValueTask PrepareAsync(
        IPeerSession session, DialTarget target, Route route, TlsPolicy tls, TlsUse use, CancellationToken cancellationToken)
    {
        var demand = new TlsDemand(target.Host.Name, tls.MustVerify) { IsImplicit = tls.Mode == DeliveryTlsMode.Implicit, IsTls12Only = use == TlsUse.Tls12, Dane = tls.Records };
        if (demand.IsImplicit)
        {
            await session.SecureAsync(demand, cancellationToken);
        }

        await session.GreetAsync(cancellationToken);
        if (use != TlsUse.None && !demand.IsImplicit)
        {
            if (session.Extensions.StartTls)
            {
                await session.SecureAsync(demand, cancellationToken);
            }
            else if (!tls.MayGoClear)
            {
                throw new SmtpProtocolException(
                    TransactionStep.StartTls, null, $"{target.Host.Name} does not offer STARTTLS, which {tls.Origin} requires");
            }
        }

        if (route.Login is { } login)
        {
            await AuthenticateAsync(session, login, cancellationToken);
        }
    }

    /// <summary>A token that the peer refuses is not used again: it may have been revoked before its time.</summary>
    private async ValueTask AuthenticateAsync(IPeerSession session, RouteLogin login, CancellationToken cancellationToken)
    {
        if (login.OAuth is not { } oauth)
        {
            await session.AuthenticateAsync(login, cancellationToken);
            return;
        }

        var token = await tokens.GetAsync(oauth, cancellationToken);
        try
        {
            await session.AuthenticateAsync(login with { Password = token }, cancellationToken);
        }
        catch (SmtpProtocolException refused) when (refused.Reply is not null)
        {
            tokens.Forget(oauth, token);
            throw;
        }
    }

    private static OpenResult Failed(DialTarget target, TransactionStep step, SmtpReply? reply, string message, string? conversation,
        HandshakeFailure handshake = HandshakeFailure.None, TlsSessionResult certificateTrouble = TlsSessionResult.ValidationFailure) =>
        new(null, new OpenFailure(step, reply, message, target.Host.Name, target.AddressText, conversation) { Handshake = handshake, CertificateTrouble = certificateTrouble });

    private static OpenFailure NothingToDial(Route route, EgressPath path) =>
        new(TransactionStep.Connect, null, $"source {path.Source.Name} cannot reach any address of {route.Site.Name}", null, null, null);
}

/// <summary>Either a connection or the failure.</summary>
internal sealed record OpenResult(PeerConnection? Connection, OpenFailure? Failure);

internal sealed record OpenFailure(
    TransactionStep Step, SmtpReply? Reply, string Message, string? Host, string? Address, string? Conversation)
{
    public HandshakeFailure Handshake { get; init; }

    /// <summary>Why the certificate was refused, where it was.</summary>
    public TlsSessionResult CertificateTrouble { get; init; } = TlsSessionResult.ValidationFailure;
}

internal enum TlsUse
{
    None,

    /// <summary>1.2 and 1.3.</summary>
    Modern,
    Tls12,
}

using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Opens a connection for a route: dials its hosts in order until one says EHLO and meets the TLS policy.</summary>
/// <remarks>
/// Per address: 1. connect; 2. TLS first where implicit; 3. greeting and EHLO; 4. STARTTLS as the policy says; 5. AUTH where there is a login.
/// Any failure moves on to the next address (RFC 5321 §5.1), a 5xx greeting too. With opportunistic TLS a failed handshake is followed by
/// one new connection to the same address in clear. Told in the end is the last refusal in words, else the last failure.
/// </remarks>
internal sealed class ConnectionOpener(IPeerConnector connector, OutboundMonitor monitor, DeliveryMetrics metrics, Random random)
{
    public async ValueTask<OpenResult> OpenAsync(
        Route route, EgressPath path, TlsPolicy tls, IReadOnlySet<string> excludedHosts, CancellationToken cancellationToken)
    {
        OpenFailure? failure = null;
        foreach (var target in DialPlan.For(route, path.Source, excludedHosts, random))
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
        var result = await TryOnceAsync(target, route, path, tls, useTls: tls.Mode != DeliveryTlsMode.None, cancellationToken);
        return result.Failure is { Step: TransactionStep.StartTls } && tls.Mode == DeliveryTlsMode.Opportunistic
            ? await TryOnceAsync(target, route, path, tls, useTls: false, cancellationToken)
            : result;
    }

    private async ValueTask<OpenResult> TryOnceAsync(
        DialTarget target, Route route, EgressPath path, TlsPolicy tls, bool useTls, CancellationToken cancellationToken)
    {
        IPeerSession? session = null;
        try
        {
            session = await connector.ConnectAsync(target, path.Source, cancellationToken);
            monitor.Connected();
            await PrepareAsync(session, target, route, tls, useTls, cancellationToken);
            metrics.ConnectionOpened("ok");
            var key = new ConnectionKey(path.Key, tls.Demands, route.Login?.Login);
            var connection = new PeerConnection(session, key, target.Host, target.Address);
            session = null;
            return new OpenResult(connection, null);
        }
        catch (DialException exception)
        {
            if (exception.IsTimeout && route.Kind == RouteKind.Mx)
            {
                monitor.TimedOut(route.Site.Name, target.Port);
            }

            metrics.ConnectionOpened(exception.IsTimeout ? "timeout" : "refused");
            return Failed(target, TransactionStep.Connect, null, exception.Message, null);
        }
        catch (SmtpProtocolException exception)
        {
            metrics.ConnectionOpened("failed");
            return Failed(target, exception.Step, exception.Reply, exception.Message, session?.Conversation);
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync();
            }
        }
    }

    private static async ValueTask PrepareAsync(
        IPeerSession session, DialTarget target, Route route, TlsPolicy tls, bool useTls, CancellationToken cancellationToken)
    {
        if (tls.Mode == DeliveryTlsMode.Implicit)
        {
            await session.SecureAsync(target.Host.Name, tls.MustVerify, isImplicit: true, cancellationToken);
        }

        await session.GreetAsync(cancellationToken);
        if (useTls && tls.Mode != DeliveryTlsMode.Implicit)
        {
            if (session.Extensions.StartTls)
            {
                await session.SecureAsync(target.Host.Name, tls.MustVerify, isImplicit: false, cancellationToken);
            }
            else if (!tls.MayGoClear)
            {
                throw new SmtpProtocolException(
                    TransactionStep.StartTls, null, $"{target.Host.Name} does not offer STARTTLS, which {tls.Origin} requires");
            }
        }

        if (route.Login is { } login)
        {
            await session.AuthenticateAsync(login, cancellationToken);
        }
    }

    private static OpenResult Failed(DialTarget target, TransactionStep step, SmtpReply? reply, string message, string? conversation) =>
        new(null, new OpenFailure(step, reply, message, target.Host.Name, target.Address.ToString(), conversation));

    private static OpenFailure NothingToDial(Route route, EgressPath path) =>
        new(TransactionStep.Connect, null, $"source {path.Source.Name} cannot reach any address of {route.Site.Name}", null, null, null);
}

/// <summary>Either a connection or the failure.</summary>
internal sealed record OpenResult(PeerConnection? Connection, OpenFailure? Failure);

internal sealed record OpenFailure(
    TransactionStep Step, SmtpReply? Reply, string Message, string? Host, string? Address, string? Conversation);

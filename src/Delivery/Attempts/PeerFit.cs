using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Holds what a mail needs against what a peer offers: known from EHLO, without a transaction.</summary>
internal sealed class PeerFit(MessageSigner signer)
{
    /// <summary>
    /// Chooses the body form for the peer; null, or what the mail needs and the peer does not offer: known without a transaction
    /// (RFC 1870 §6.1, RFC 6152 §3, RFC 6531 §3.5, RFC 8689 §4.2.1).
    /// </summary>
    public async ValueTask<AttemptOutcome?> SuitAsync(AttemptRun run, PeerConnection connection, CancellationToken cancellationToken)
    {
        var message = run.Job.Task.Message;
        if (message.RequireTls && (connection.Session.Tls is not { IsVerified: true } || !run.Peer.RequireTls))
        {
            return Unmet("5.7.30", $"{connection.Host.Name} does not support REQUIRETLS, which the sender demands", BounceClass.Tls);
        }

        if (run.SmtpUtf8 != SmtpUtf8Need.None && !run.Peer.SmtpUtf8)
        {
            return run.SmtpUtf8 == SmtpUtf8Need.Header
                ? Unmet("5.6.9", $"{connection.Host.Name} does not support SMTPUTF8, which the header needs", BounceClass.Content)
                : Unmet("5.6.7", $"{connection.Host.Name} does not support SMTPUTF8, which the sender's address needs", BounceClass.Content);
        }

        if (run.Accepted.Suits(run.Peer))
        {
            run.Message = run.Accepted;
        }
        else if (await ConvertAsync(run, connection, cancellationToken) is { } problem)
        {
            return problem;
        }

        return run.Peer.MaxSizeBytes is { } max && max > 0 && run.Message.SizeBytes > max
            ? Unmet("5.3.4", $"the message has {run.Message.SizeBytes} octets, {connection.Host.Name} takes at most {max}", BounceClass.Size)
            : null;
    }

    /// <summary>RFC 6531 §3.5: an address that needs SMTPUTF8 is a matter of its recipient alone.</summary>
    public static void RefuseUnaddressable(AttemptRun run, PeerConnection connection)
    {
        if (run.Peer.SmtpUtf8)
        {
            return;
        }

        foreach (var recipient in run.Open.Where(r => r.Address.NeedsSmtpUtf8).ToList())
        {
            run.Settle(recipient, Unmet("5.6.7", $"{connection.Host.Name} does not support SMTPUTF8, which the address needs", BounceClass.Content) with
            {
                RemoteHost = connection.Host.Name,
                RemoteAddress = connection.Address.ToString(),
            });
        }
    }

    private async ValueTask<AttemptOutcome?> ConvertAsync(AttemptRun run, PeerConnection connection, CancellationToken cancellationToken)
    {
        if (run.SevenBit is null)
        {
            var (content, problem) = await run.Accepted.Content.ToSevenBitAsync(cancellationToken);
            if (content is null)
            {
                var (status, kind) = run.Accepted.BodyType == BodyType.BinaryMime ? ("5.6.1", "binary") : ("5.6.3", "8-bit");
                return Unmet(status, $"{connection.Host.Name} takes no {kind} content, and the message cannot be converted: {problem}", BounceClass.Content);
            }

            var signing = await signer.SignAsync(run.Job.Task, content, cancellationToken);
            if (signing.Problem is { } trouble)
            {
                return AttemptOutcome.Failed(RouteFailure.Of("4.3.5", trouble, BounceClass.Signing, FaultSide.Relay));
            }

            run.SevenBit = OutgoingMessage.Of(run.Job.Task, content, BodyType.SevenBit, signing);
        }

        run.Message = run.SevenBit;
        return null;
    }

    private static AttemptOutcome Unmet(string status, string text, string bounceClass) =>
        AttemptOutcome.Failed(RouteFailure.Of(status, text, bounceClass, BounceClass.FaultOf(bounceClass))) with { Step = TransactionStep.Hello };
}

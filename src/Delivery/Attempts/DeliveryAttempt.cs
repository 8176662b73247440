using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Delivers one task over one path.</summary>
/// <remarks>
/// 1. Read and sign the content. 2. Take an open connection of the path or open one (hosts in order of preference, RFC 5321 §5.1).
/// 3. MAIL, RCPT…, DATA for as many recipients as the site takes at once; those the peer calls too many go in the next transaction
/// (RFC 5321 §4.5.3.1.10). 4. One outcome per recipient; trouble of the host, not of the mail, moves on to the next host.
/// A connection that waited idle and turns out dead is replaced once, without counting. A connection lost after the final dot is tried
/// again later: the peer may have accepted, so a duplicate is possible and a loss is not (RFC 5321 §6.1).
/// </remarks>
internal sealed class DeliveryAttempt(
    ConnectionPool pool, ConnectionOpener opener, MessageSigner signer, ISpool spool, Dispatcher dispatcher, TimeProvider time)
{
    private const int MaxHosts = 3;
    private static readonly TimeSpan LongestTokenWait = TimeSpan.FromSeconds(30);

    public async ValueTask<AttemptResult> RunAsync(DeliveryJob job, SiteQueue queue, CancellationToken cancellationToken)
    {
        AttemptRun run;
        try
        {
            var content = await TaskContent.OpenAsync(job.Task, spool, cancellationToken);
            var signing = await signer.SignAsync(job.Task, content, cancellationToken);
            if (signing.Problem is { } problem)
            {
                return Unsendable(job.Task, "4.3.5", problem, BounceClass.Signing);
            }

            run = new AttemptRun(job, queue, content, signing, TlsPolicyResolver.Resolve(job.Task.Message, job.Route))
            {
                NeedsSmtpUtf8 = await NeedsSmtpUtf8Async(job.Task, content, cancellationToken),
            };
        }
        catch (SpoolException exception)
        {
            return Unsendable(job.Task, "4.3.0", $"the content cannot be read: {exception.Message}", BounceClass.Local);
        }

        try
        {
            await DeliverAsync(run, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The grace of a stop is over: what is decided stays decided, the rest goes back.
            run.SettleOpen(AttemptOutcome.NotAttempted("delivery was stopped", time.GetUtcNow()));
        }
        finally
        {
            if (run.Connection is { } connection)
            {
                Release(run, connection);
            }
        }

        return run.ToResult();
    }

    private async ValueTask DeliverAsync(AttemptRun run, CancellationToken cancellationToken)
    {
        while (run.Open.Count > 0)
        {
            if (run.Connection is null && !await ConnectAsync(run, cancellationToken))
            {
                return;
            }

            if (Unmet(run, run.Connection!) is { } unmet)
            {
                run.SettleOpen(unmet with { RemoteHost = run.Connection!.Host.Name, RemoteAddress = run.Connection.Address.ToString() });
                return;
            }

            if (run.Transactions > 0 && !await TakeTokenAsync(run, cancellationToken))
            {
                return;
            }

            if (!await TransactAsync(run, run.Connection!, cancellationToken))
            {
                return;
            }
        }
    }

    private async ValueTask<bool> ConnectAsync(AttemptRun run, CancellationToken cancellationToken)
    {
        var path = run.Queue.Path;
        var limits = path.Site.Limits;
        if (!run.MustBeFresh && run.ExcludedHosts.Count == 0 && pool.TryTake(run.Job.Route, path.Key, run.Tls) is { } idle)
        {
            run.Use(idle, isReused: true);
            return true;
        }

        pool.MakeRoom(path.Key, run.Queue.Workers, limits.MaxConnections.Value, dispatcher.RemoteWorkers);
        var opened = await opener.OpenAsync(run.Job.Route, path, run.Tls, run.ExcludedHosts, cancellationToken);
        if (opened.Connection is { } connection)
        {
            run.Use(connection, isReused: false);
            return true;
        }

        // The next host could not be had either: what the first one said stands.
        if (run.HostTrouble is { } earlier)
        {
            run.SettleOpen(earlier);
            return false;
        }

        var failure = opened.Failure!;
        run.Feedback = SiteFeedback.Failure(failure.Reply?.ToString() ?? failure.Message, failure.Reply);
        run.SettleOpen(OutcomeClassifier.ConnectionFailed(failure.Step, failure.Reply, failure.Message) with
        {
            RemoteHost = failure.Host,
            RemoteAddress = failure.Address,
            Conversation = failure.Conversation,
        });
        return false;
    }

    /// <summary>Sends one transaction; false when nothing more can be done.</summary>
    private async ValueTask<bool> TransactAsync(AttemptRun run, PeerConnection connection, CancellationToken cancellationToken)
    {
        var chunk = run.Open.Take(run.Queue.Path.Site.Limits.MaxRecipientsPerTransaction.Value).ToList();
        var result = await connection.Session.SendAsync(run.TransactionFor(chunk), cancellationToken);
        connection.Transactions++;
        run.Transactions++;
        if (run.IsReused && IsDeadConnection(result))
        {
            run.Transactions--;
            run.MustBeFresh = true;
            await DropAsync(run, connection);
            return true;
        }

        var outcomes = chunk.Select((r, i) => AttemptRun.Describe(OutcomeClassifier.Classify(result.Recipients[i], result.Failure), connection)).ToList();
        run.Observe(outcomes, result);
        if (!result.IsConnectionUsable)
        {
            await DropAsync(run, connection);
        }

        if (outcomes.TrueForAll(OutcomeClassifier.IsHostTrouble) && await TryNextHostAsync(run, connection, outcomes[0]))
        {
            return true;
        }

        return Settle(run, chunk, outcomes, result);
    }

    private static bool Settle(AttemptRun run, List<QueuedRecipient> chunk, List<AttemptOutcome> outcomes, TransactionResult result)
    {
        var someAccepted = outcomes.Exists(o => o.Kind == OutcomeKind.Delivered);
        for (var i = 0; i < chunk.Count; i++)
        {
            var mayGoAgain = someAccepted && run.Connection is not null && OutcomeClassifier.IsTooManyRecipients(result.Recipients[i]);
            if (!mayGoAgain)
            {
                run.Settle(chunk[i], outcomes[i]);
            }
        }

        // Whatever broke the connection would meet the next transaction too; it waits with the others.
        if (run.Connection is null && outcomes[^1].Kind is OutcomeKind.Deferred or OutcomeKind.Unknown)
        {
            run.SettleOpen(outcomes[^1] with { Kind = OutcomeKind.Deferred, Text = result.Failure ?? outcomes[^1].Text });
            return false;
        }

        return true;
    }

    private async ValueTask<bool> TryNextHostAsync(AttemptRun run, PeerConnection connection, AttemptOutcome outcome)
    {
        run.HostTrouble ??= outcome;
        run.ExcludedHosts.Add(connection.Host.Name);
        if (run.ExcludedHosts.Count >= MaxHosts || run.Job.Route.Hosts.All(h => run.ExcludedHosts.Contains(h.Name)))
        {
            return false;
        }

        if (run.Connection is not null)
        {
            await DropAsync(run, connection);
        }

        return true;
    }

    /// <summary>A token for one more transaction: waits a little; beyond that the rest waits in the queue, uncounted.</summary>
    private async ValueTask<bool> TakeTokenAsync(AttemptRun run, CancellationToken cancellationToken)
    {
        while (dispatcher.TryTakeToken(run.Queue) is { } next)
        {
            var wait = next - time.GetUtcNow();
            if (wait > LongestTokenWait)
            {
                run.SettleOpen(AttemptOutcome.NotAttempted($"waits for the message rate {run.Queue.Path.Site.Limits.MessageRate.Value} of {run.Queue.Path.Site.Name}", next));
                return false;
            }

            await Task.Delay(wait, time, cancellationToken);
        }

        return true;
    }

    private async ValueTask DropAsync(AttemptRun run, PeerConnection connection)
    {
        run.Connection = null;
        if (run.IsClean)
        {
            pool.Quit(connection);
        }
        else
        {
            await connection.Session.DisposeAsync();
        }
    }

    // RFC 6531 §3.5: only a mail that really has something international needs it; flagged ones often do not.
    private static async ValueTask<bool> NeedsSmtpUtf8Async(DeliveryTask task, TaskContent content, CancellationToken cancellationToken)
    {
        if (!task.Message.SmtpUtf8)
        {
            return false;
        }

        if (AttemptRun.ReturnPathOf(task).Mailbox is { NeedsSmtpUtf8: true } || task.Recipients.Any(r => r.Address.NeedsSmtpUtf8))
        {
            return true;
        }

        var headers = await content.HeadersAsync(cancellationToken);
        return headers.Span.ContainsAnyExceptInRange((byte)0, (byte)0x7f);
    }

    private void Release(AttemptRun run, PeerConnection connection)
    {
        if (run.IsClean)
        {
            pool.Park(connection, run.Queue.Path.Site.Limits, dispatcher.RemoteWorkers);
        }
        else
        {
            pool.Quit(connection);
        }
    }

    /// <summary>True when a connection from the pool broke, or said goodbye, before the peer looked at the mail.</summary>
    private static bool IsDeadConnection(TransactionResult result) =>
        !result.IsConnectionUsable
        && result.Recipients.All(r => r is { MayHaveBeenAccepted: false, Step: <= TransactionStep.Mail, Reply: null or { Code: 421 } });

    /// <summary>What the mail needs and the peer does not offer: known without a transaction (RFC 1870 §6.1, RFC 6531 §3.5, RFC 8689 §4.2.1).</summary>
    private static AttemptOutcome? Unmet(AttemptRun run, PeerConnection connection)
    {
        var message = run.Job.Task.Message;
        var peer = connection.Session.Extensions;
        if (message.RequireTls && (connection.Session.Tls is not { IsVerified: true } || !peer.RequireTls))
        {
            return Unmet("5.7.30", $"{connection.Host.Name} does not support REQUIRETLS, which the sender demands", BounceClass.Tls);
        }

        if (run.NeedsSmtpUtf8 && !peer.SmtpUtf8)
        {
            return Unmet("5.6.7", $"{connection.Host.Name} does not support SMTPUTF8, which the addresses need", BounceClass.Protocol);
        }

        return peer.MaxSizeBytes is { } max && max > 0 && run.SizeBytes > max
            ? Unmet("5.3.4", $"the message has {run.SizeBytes} octets, {connection.Host.Name} takes at most {max}", BounceClass.Size)
            : null;
    }

    private static AttemptOutcome Unmet(string status, string text, string bounceClass) =>
        AttemptOutcome.Failed(RouteFailure.Of(status, text, bounceClass, BounceClass.FaultOf(bounceClass))) with { Step = TransactionStep.Hello };

    private static AttemptResult Unsendable(DeliveryTask task, string status, string text, string bounceClass) =>
        AttemptResult.ForAll(task, AttemptOutcome.Failed(RouteFailure.Of(status, text, bounceClass, FaultSide.Relay)), SiteFeedback.Neutral);
}

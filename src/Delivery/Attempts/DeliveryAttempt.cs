using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Delivers one task over one path.</summary>
/// <remarks>
/// 1. Read and sign the content; again where a peer without 8BITMIME needs it converted. 2. Take an open connection of the path or open one (hosts in order of preference, RFC 5321 §5.1).
/// 3. MAIL, RCPT…, DATA, a note in the hand-off journal and the final dot for as many recipients as the site takes at once; those the peer calls too many go in the next transaction
/// (RFC 5321 §4.5.3.1.10). 4. One outcome per recipient; trouble of the host, not of the mail, moves on to the next host, and a refusal
/// of our address to the other family.
/// A connection that waited idle and turns out dead is replaced once, without counting. A connection lost after the final dot is tried
/// again later: the peer may have accepted, so a duplicate is possible and a loss is not (RFC 5321 §6.1).
/// </remarks>
internal sealed class DeliveryAttempt(
    DeliveryOptions options,
    ConnectionPool pool,
    ConnectionOpener opener,
    MessageSigner signer,
    TlsPolicyResolver policies,
    ReturnPaths returnPaths,
    ISpool spool,
    Dispatcher dispatcher,
    FamilyMemory families,
    SourceMonitor sources,
    Handoffs handoffs,
    TimeProvider time)
{
    private const int MaxHosts = 3;
    private static readonly TimeSpan LongestTokenWait = TimeSpan.FromSeconds(30);

    private readonly PeerQuirks _quirks = new(time);
    private readonly PeerFit _fit = new(signer);

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

            var accepted = OutgoingMessage.Of(job.Task, content, await BodyTypeOfAsync(job.Task.Message, content, cancellationToken), signing);
            var returnPath = await returnPaths.ForAsync(job.Task, cancellationToken);
            run = new AttemptRun(job, queue, accepted, await policies.ResolveAsync(job.Task.Message, job.Route, job.Task.QueueKey, cancellationToken))
            {
                UseChunking = options.UseChunking,
                ReturnPath = returnPath,
                SmtpUtf8 = await SmtpUtf8NeedOfAsync(job.Task, returnPath, content, cancellationToken),
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
        catch (SpoolException exception)
        {
            run.SettleOpen(AttemptOutcome.Failed(RouteFailure.Of("4.3.0", $"the content cannot be read: {exception.Message}", BounceClass.Local, FaultSide.Relay)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The grace of a stop is over: what is decided stays decided, what is in doubt is told so, the rest goes back.
            run.SettleInDoubt("delivery was stopped behind the final dot");
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
            if (run.Connection is { } used && !used.Carried.HasRoomFor(run.Job.Throttles))
            {
                await DropAsync(run, used);
            }

            if (run.Connection is null && !await ConnectAsync(run, cancellationToken))
            {
                return;
            }

            run.Peer = _quirks.Correct(run.Connection!.Host.Name, run.Connection.Session.Extensions);
            if (await _fit.SuitAsync(run, run.Connection, cancellationToken) is { } unmet)
            {
                run.SettleOpen(unmet with { RemoteHost = run.Connection!.Host.Name, RemoteAddress = run.Connection.Address });
                return;
            }

            PeerFit.RefuseUnaddressable(run, run.Connection!);
            if (run.Open.Count == 0)
            {
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
        var limits = path.Limits;
        if (!run.MustBeFresh && run.ExcludedHosts.IsEmpty && pool.TryTake(run.Job.Route, path.Key, run.Tls, run.Job.Throttles) is { } idle)
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
        var isForeign = run.Job.Route.Hosts.Any(h => h.IsForeign && h.Name == failure.Host);
        run.Feedback = IsDemandOfMail(run, failure) ? SiteFeedback.Neutral
            : SiteFeedback.Failure(failure.Reply?.ToString() ?? failure.Message, isForeign ? null : failure.Reply);
        run.SettleOpen(OutcomeClassifier.ConnectionFailed(failure.Step, failure.Reply, failure.Message) with
        {
            RemoteHost = failure.Host,
            RemoteAddress = failure.Address,
            IsForeign = isForeign,
            Conversation = failure.Conversation,
        });
        return false;
    }

    /// <summary>
    /// Hosts do not meet what this mail or its domain demands of TLS: that is no word on the site, which other domains share. Else whoever
    /// names another's hosts in his MX, and others in his policy, would have that site suspended.
    /// </summary>
    private static bool IsDemandOfMail(AttemptRun run, OpenFailure failure) =>
        failure is { Step: TransactionStep.StartTls, Reply: null }
        && (run.Tls.Published is not null || run.Tls.UsesDane || run.Job.Task.Message.RequireTls);

    /// <summary>Sends one transaction; false when nothing more can be done.</summary>
    private async ValueTask<bool> TransactAsync(AttemptRun run, PeerConnection connection, CancellationToken cancellationToken)
    {
        var chunk = NextGroup(run);
        var result = await connection.Session.SendAsync(
            run.TransactionFor(chunk, taken => handoffs.BeginAsync(run, connection, taken)), cancellationToken);
        handoffs.Answered(run, chunk, result);
        connection.Transactions++;
        connection.Carried.Add(run.Job.Throttles);
        run.Transactions++;
        _quirks.Learn(connection.Host.Name, result);
        if ((run.IsReused && IsDeadConnection(result)) || result.IsChunkingRefused)
        {
            run.Transactions--;
            run.MustBeFresh = true;
            await DropAsync(run, connection);
            return true;
        }

        var outcomes = chunk.Select((r, i) => AttemptRun.Describe(OutcomeClassifier.Classify(result.Recipients[i], result.Failure), connection)).ToList();
        run.Observe(outcomes, result);
        sources.Observe(run.Queue.Path.Source, run.Queue.Path.Site.Name, outcomes);
        if (!result.IsConnectionUsable || connection.IsSpent(run.Queue.Path.Limits))
        {
            await DropAsync(run, connection);
        }

        if (OtherFamily.TryTurnTo(run, connection, outcomes, families))
        {
            await LeaveAsync(run, connection);
            return true;
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
            var mayGoAgain = someAccepted && result.IsConnectionUsable && OutcomeClassifier.IsTooManyRecipients(result.Recipients[i]);
            if (!mayGoAgain)
            {
                run.Settle(chunk[i], outcomes[i]);
            }
        }

        // Whatever broke the connection would meet the next transaction too; it waits with the others.
        if (!result.IsConnectionUsable && outcomes[^1].Kind is OutcomeKind.Deferred or OutcomeKind.Unknown)
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

        await LeaveAsync(run, connection);
        return true;
    }

    /// <summary>A token for one more transaction: waits a little; beyond that the rest waits in the queue, uncounted.</summary>
    private async ValueTask<bool> TakeTokenAsync(AttemptRun run, CancellationToken cancellationToken)
    {
        while (dispatcher.TryTakeTokens(run.Queue, run.Job) is { } held)
        {
            var wait = held.Until - time.GetUtcNow();
            if (wait > LongestTokenWait)
            {
                run.SettleOpen(AttemptOutcome.NotAttempted($"waits for {held}", held.Until));
                return false;
            }

            await Task.Delay(wait, time, cancellationToken);
        }

        return true;
    }

    private ValueTask LeaveAsync(AttemptRun run, PeerConnection connection) =>
        run.Connection is null ? ValueTask.CompletedTask : DropAsync(run, connection);

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

    /// <summary>As many recipients as the site's limit and the peer's own allow (RFC 9422 §4).</summary>
    private static List<QueuedRecipient> NextGroup(AttemptRun run)
    {
        var limit = Math.Min(run.MaxRecipientsPerTransaction, run.Peer.MaxRecipients ?? int.MaxValue);
        var domains = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var maxDomains = run.Peer.MaxRecipientDomains ?? int.MaxValue;
        return run.Open
            .Where(r => domains.Contains(r.Address.DomainText) || (domains.Count < maxDomains && domains.Add(r.Address.DomainText)))
            .Take(limit)
            .ToList();
    }

    // Senders declare 8BITMIME to be safe, or send 8-bit content without a word: only a look tells.
    private static async ValueTask<BodyType> BodyTypeOfAsync(QueuedMessage message, TaskContent content, CancellationToken cancellationToken) =>
        message.BodyType != BodyType.SevenBit ? message.BodyType
        : await content.IsEightBitAsync(cancellationToken) ? BodyType.EightBitMime
        : BodyType.SevenBit;

    // RFC 6531 §3.5: only a mail that really has something international needs it; flagged ones often do not.
    private static async ValueTask<SmtpUtf8Need> SmtpUtf8NeedOfAsync(
        DeliveryTask task, ReversePath returnPath, TaskContent content, CancellationToken cancellationToken)
    {
        if (!task.Message.SmtpUtf8)
        {
            return SmtpUtf8Need.None;
        }

        if (returnPath.Mailbox is { NeedsSmtpUtf8: true })
        {
            return SmtpUtf8Need.ReversePath;
        }

        var headers = await content.HeadersAsync(cancellationToken);
        return headers.Span.ContainsAnyExceptInRange((byte)0, (byte)0x7f) ? SmtpUtf8Need.Header : SmtpUtf8Need.None;
    }

    private void Release(AttemptRun run, PeerConnection connection)
    {
        if (run.IsClean)
        {
            pool.Park(connection, run.Queue.Path.Limits, dispatcher.RemoteWorkers);
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

    private static AttemptResult Unsendable(DeliveryTask task, string status, string text, string bounceClass) =>
        AttemptResult.ForAll(task, AttemptOutcome.Failed(RouteFailure.Of(status, text, bounceClass, FaultSide.Relay)), SiteFeedback.Neutral);
}

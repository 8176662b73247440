using System.Globalization;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Emails;

/// <summary>Takes the e-mails of one request: all of them or none.</summary>
/// <remarks>
/// 1. Read all, note what is wrong with each. 2. With an idempotency key: answer as before, or claim the key. 3. Ask what must be asked:
/// sender, thread, template. 4. Compose into the spool, bounded. 5. One commit: messages, rows and key. 6. Only then the ids are told.
/// </remarks>
internal sealed class EmailSending(
    EmailPreparation preparation, EmailComposer composer, IdempotencyKeys keys, IEmailQuota quota, MessageIntake intake, IEmailStore store,
    TimeProvider time)
{
    /// <summary>Content up to this size stays in memory until the commit.</summary>
    private const long InlineBytes = 256 * 1024;

    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(10);

    /// <returns>The ids in the order of the request.</returns>
    public async ValueTask<ApiResult<List<QueueId>>> SendAsync(
        ApiCaller caller, RequestBody body, bool isBatch, string? key, CancellationToken cancellationToken)
    {
        if (!intake.Health.IsHealthy)
        {
            return Unwell();
        }

        if (new EmailRequestReader(body.Bytes).Read(isBatch).Failed(out var fault, out var items))
        {
            return fault;
        }

        if (FaultOf(items, isBatch) is { } faulty)
        {
            return faulty;
        }

        if (key is null)
        {
            return await SendAsync(caller, body, items, isBatch, claim: null, cancellationToken);
        }

        if (JsonDigest.Compute(body.Bytes, EmailLimits.MaxValues, JsonBody.MaxDepth) is not { } digest)
        {
            return ApiFault.BadRequest(string.Create(CultureInfo.InvariantCulture, $"the body holds more than {EmailLimits.MaxValues} values"));
        }

        return await SendOnceAsync(caller, body, items, isBatch, key, digest, cancellationToken);
    }

    /// <summary>Sends a message its client made.</summary>
    /// <param name="fields">What the request says; its message is taken.</param>
    /// <param name="key">Null means as the message's header block says.</param>
    public async ValueTask<ApiResult<List<QueueId>>> SendRawAsync(
        ApiCaller caller, RequestBody body, RawFields fields, FieldFaults faults, string? key, CancellationToken cancellationToken)
    {
        if (!intake.Health.IsHealthy)
        {
            return Unwell();
        }

        // The message itself, with its line ends mended, and the texts that are shown of it.
        if (!body.TryTake(3L * (fields.Message?.Length ?? 0)))
        {
            return RequestBody.Busy();
        }

        var email = RawEmailReader.Read(fields, time.GetUtcNow(), faults);
        if (faults.First is { } fault || email is null)
        {
            return faults.First!;
        }

        List<EmailItem> items = [email.Item];
        return (key ?? email.IdempotencyKey) is { } name
            ? await SendOnceAsync(caller, body, items, isBatch: false, name, RawDigest.Compute(fields), cancellationToken)
            : await SendAsync(caller, body, items, isBatch: false, claim: null, cancellationToken);
    }

    private async ValueTask<ApiResult<List<QueueId>>> SendOnceAsync(
        ApiCaller caller, RequestBody body, List<EmailItem> items, bool isBatch, string key, byte[] digest, CancellationToken cancellationToken)
    {
        if ((await keys.ClaimAsync(caller.AccountId, key, digest, cancellationToken)).Failed(out var fault, out var claim))
        {
            return fault;
        }

        using (claim)
        {
            return claim.Earlier is { } earlier
                ? earlier.Ids.ToList()
                : await SendAsync(caller, body, items, isBatch, claim, cancellationToken);
        }
    }

    /// <summary>Sends one small e-mail that the server makes itself in the name of an account.</summary>
    public async ValueTask<ApiResult<List<QueueId>>> SendAsync(ApiCaller caller, EmailRequest request, CancellationToken cancellationToken)
    {
        if (!intake.Health.IsHealthy)
        {
            return Unwell();
        }

        var item = new EmailItem(request, new FieldFaults());
        if (await preparation.PrepareAsync(caller, item, cancellationToken) is not { } prepared)
        {
            return item.Faults.First!;
        }

        if ((await composer.ComposeAsync(caller, prepared, EmailLimits.MaxComposedBytes, cancellationToken)).Failed(out var fault, out var composed))
        {
            return fault;
        }

        await using (composed)
        {
            return await CountAndAcceptAsync(caller, [prepared], [composed], claim: null, cancellationToken);
        }
    }

    private async ValueTask<ApiResult<List<QueueId>>> SendAsync(
        ApiCaller caller, RequestBody body, List<EmailItem> items, bool isBatch, IdempotencyClaim? claim, CancellationToken cancellationToken)
    {
        // The texts were decoded from the body: two octets each unit.
        if (!body.TryTake(items.Sum(item => 2L * ((item.Request.Html?.Length ?? 0) + (item.Request.Text?.Length ?? 0)))))
        {
            return RequestBody.Busy();
        }

        var prepared = new List<PreparedEmail>(items.Count);
        foreach (var item in items)
        {
            if (await preparation.PrepareAsync(caller, item, cancellationToken) is { } email)
            {
                prepared.Add(email);
            }
        }

        if (FaultOf(items, isBatch) is { } faulty)
        {
            return faulty;
        }

        var composed = new List<ComposedEmail>(prepared.Count);
        try
        {
            return await ComposeAsync(caller, body, prepared, composed, cancellationToken) is { } fault
                ? fault
                : await CountAndAcceptAsync(caller, prepared, composed, claim, cancellationToken);
        }
        finally
        {
            foreach (var email in composed)
            {
                await email.DisposeAsync();
            }
        }
    }

    private async ValueTask<ApiFault?> ComposeAsync(
        ApiCaller caller, RequestBody body, List<PreparedEmail> prepared, List<ComposedEmail> composed, CancellationToken cancellationToken)
    {
        var room = EmailLimits.MaxComposedBytes;
        foreach (var email in prepared)
        {
            if ((await composer.ComposeAsync(caller, email, room, cancellationToken)).Failed(out var fault, out var done))
            {
                return fault;
            }

            composed.Add(done);
            room -= done.SizeBytes;
            if (!body.TryTake(done.MemoryBytes(InlineBytes)))
            {
                return RequestBody.Busy();
            }
        }

        return null;
    }

    // What is not accepted in the end is not counted.
    private async ValueTask<ApiResult<List<QueueId>>> CountAndAcceptAsync(
        ApiCaller caller, List<PreparedEmail> prepared, List<ComposedEmail> composed, IdempotencyClaim? claim, CancellationToken cancellationToken)
    {
        var parts = prepared.GroupBy(email => email.Domain?.Name)
            .Select(group => new QuotaPart(group.Key, new QuotaAmount(group.Count(), group.Sum(email => email.Request.Recipients().Count())))).ToList();
        if (await quota.TryTakeAsync(caller, parts, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var isAccepted = false;
        try
        {
            var result = await AcceptAsync(composed, claim);
            isAccepted = !result.Failed(out _, out _);
            return result;
        }
        finally
        {
            if (!isAccepted)
            {
                await quota.RefundAsync(caller, parts, CancellationToken.None);
            }
        }
    }

    // Once begun, the commit does not take the caller's token: it finishes or fails.
    private async ValueTask<ApiResult<List<QueueId>>> AcceptAsync(List<ComposedEmail> composed, IdempotencyClaim? claim)
    {
        try
        {
            var results = await intake.AcceptAsync(
                [.. composed.Select(email => email.Message!)],
                drafts => store.CreateAsync(
                    [.. composed.Select((email, i) => email.Row! with { CreatedAt = drafts[i].Message.AcceptedAt, UpdatedAt = drafts[i].Message.AcceptedAt })],
                    drafts,
                    claim?.Entry([.. drafts.Select(draft => draft.Message.Id)], drafts[0].Message.AcceptedAt)));
            return results.FirstOrDefault(result => result.Refusal is not null) is { Refusal: { } } refused
                ? FaultOf(refused)
                : results.Select(result => result.Id!.Value).ToList();
        }
        catch (DuplicateEntryException)
        {
            return IdempotencyKeys.InWork();
        }
    }

    private static ApiFault FaultOf(IntakeResult refused) =>
        refused.Findings.Count > 0 ? ApiFault.Unprocessable(refused.Refusal!.Text) with { Findings = [.. refused.Findings.Select(RuleFault.Of)] }
        : refused.Refusal!.Code < 500 ? Unwell()
        : ApiFault.BadRequest(refused.Refusal.Text);

    private static ApiFault Unwell() => ApiFault.Unavailable("mail cannot be stored at the moment; try again later", StoreRetry);

    // Of a batch every faulty e-mail is named; status and code are those of the first.
    private static ApiFault? FaultOf(List<EmailItem> items, bool isBatch)
    {
        var faults = items.Select((item, index) => (index, item.Faults.First)).Where(entry => entry.First is not null).ToList();
        if (faults.Count == 0)
        {
            return null;
        }

        var first = faults[0].First!;
        return !isBatch ? first : first with
        {
            Message = faults.Count == 1
                ? first.Message
                : string.Create(CultureInfo.InvariantCulture, $"{first.Message} (and {faults.Count - 1} more of {items.Count} e-mails; nothing was sent)"),
            Items = [.. faults.Select(entry => new ItemFault(entry.index, entry.First!.Message))],
        };
    }
}

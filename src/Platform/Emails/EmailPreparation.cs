using Relay.Platform.Domains;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Answers what an e-mail must ask of others before it can be composed: may it be sent so, what does it answer, what does its template say.</summary>
internal sealed class EmailPreparation(
    SenderCheck senders, IEmailStore emails, ITemplateRenderer templates, ILinkTracker tracker, TimeProvider time)
{
    /// <summary>Null with a fault added when it cannot be sent.</summary>
    public async ValueTask<PreparedEmail?> PrepareAsync(ApiCaller caller, EmailItem item, CancellationToken cancellationToken)
    {
        var (request, faults) = (item.Request, item.Faults);
        var now = time.GetUtcNow();
        CheckTime(request, faults, now);
        var domain = await CheckSenderAsync(caller, request, faults, cancellationToken);
        var parent = await FindParentAsync(caller, request, faults, cancellationToken);
        var content = await RenderAsync(caller, request, faults, cancellationToken);
        if (faults.First is not null || content is null)
        {
            return null;
        }

        return new PreparedEmail
        {
            Id = QueueId.New(now),
            Request = request,
            Content = content,
            Domain = domain,
            Parent = parent,
            Date = now,
            NotBefore = request.ScheduledAt > now ? request.ScheduledAt : null,
            ExpiresAt = request.ExpiresAt ?? (StartOf(request, now) + request.ExpiresIn),
            Tracking = content.Html is null ? default : tracker.Choose(domain, request.TrackOpens, request.TrackClicks),
        };
    }

    private static void CheckTime(EmailRequest request, FieldFaults faults, DateTimeOffset now)
    {
        if (request.ScheduledAt > now + EmailLimits.MaxAhead)
        {
            faults.Add("scheduledAt", "may lie a year ahead at most");
        }

        if (request is { ExpiresAt: not null, ExpiresIn: not null })
        {
            faults.Add("expiresIn", "is given beside expiresAt; one of them says it");
        }
        else if (request.ExpiresAt is { } expires && MessageLife.Fault(expires, StartOf(request, now)) is { } problem)
        {
            faults.Add("expiresAt", problem);
        }
    }

    private static DateTimeOffset StartOf(EmailRequest request, DateTimeOffset now) => request.ScheduledAt is { } at && at > now ? at : now;

    private async ValueTask<SendingDomain?> CheckSenderAsync(ApiCaller caller, EmailRequest request, FieldFaults faults, CancellationToken cancellationToken)
    {
        foreach (var further in request.FurtherSenders)
        {
            await senders.CheckAsync(caller, further, faults, cancellationToken);
        }

        return await senders.CheckAsync(caller, request.Sender.Mailbox, faults, cancellationToken);
    }

    private async ValueTask<Email?> FindParentAsync(ApiCaller caller, EmailRequest request, FieldFaults faults, CancellationToken cancellationToken)
    {
        if (request.InReplyToId is not { } text)
        {
            return null;
        }

        var parent = QueueId.TryParse(text, out var id) ? await emails.FindAsync(caller.AccountId, id, cancellationToken) : null;
        if (parent is null)
        {
            faults.Add("inReplyToId", "there is no e-mail with this id", ApiFault.NotFound);
        }

        return parent;
    }

    private async ValueTask<EmailContent?> RenderAsync(ApiCaller caller, EmailRequest request, FieldFaults faults, CancellationToken cancellationToken)
    {
        if (request.TemplateId is not { } templateId)
        {
            return new EmailContent(request.Subject!, request.Html, request.Text);
        }

        var rendered = await templates.RenderAsync(caller.AccountId, templateId, request.Variables, cancellationToken);
        if (rendered.Fault is { } fault)
        {
            faults.Add("templateId", fault.Message, fault.Kind == RenderFaultKind.NotFound ? ApiFault.NotFound : ApiFault.Unprocessable);
            return null;
        }

        // What the request says itself goes before what its template says.
        var subject = request.Subject ?? rendered.Subject;
        if (string.IsNullOrEmpty(subject))
        {
            faults.Add("subject", "is missing, and the template has none");
            return null;
        }

        return new EmailContent(HeaderLine(subject), request.Html ?? rendered.Html, request.Text ?? rendered.Text);
    }

    // A rendered subject may hold anything a variable held.
    private static string HeaderLine(string subject)
    {
        var line = string.Concat(subject.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length > EmailLimits.MaxSubjectLength ? line[..EmailLimits.MaxSubjectLength] : line;
    }
}

/// <summary>An e-mail that may be sent, with everything its message needs.</summary>
internal sealed record PreparedEmail
{
    public required QueueId Id { get; init; }

    public required EmailRequest Request { get; init; }

    public required EmailContent Content { get; init; }

    public SendingDomain? Domain { get; init; }

    /// <summary>The e-mail it answers.</summary>
    public Email? Parent { get; init; }

    public required DateTimeOffset Date { get; init; }

    /// <summary>Null means at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Null means as its stream says.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public TrackingChoice Tracking { get; init; }

    public string MessageIdField => Request.Raw?.MessageId ?? Mail.MessageIdField.Make(Id.ToString(), Request.Sender.Mailbox.DomainText);

    /// <summary>RFC 5322 §3.6.4: those of the parent, then the parent; of a long thread the first and the last.</summary>
    public IReadOnlyList<string> References
    {
        get
        {
            if (Parent is null)
            {
                return Request.Raw?.References ?? [];
            }

            List<string> all = [.. Parent.References, Parent.MessageIdField];
            return all.Count <= EmailLimits.MaxReferences ? all : [all[0], .. all[^(EmailLimits.MaxReferences - 1)..]];
        }
    }
}

internal sealed record EmailContent(string Subject, string? Html, string? Text);

using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Platform.Templates;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Looks at a campaign before it goes: as one contact would see it, sent to oneself, and whose merge fields are empty.</summary>
internal sealed class CampaignTrials(
    CampaignComposer composer,
    EmailComposer emails,
    ICampaignAudience audience,
    ITemplateRenderer templates,
    SenderCheck senders,
    IEmailQuota quota,
    MessageIntake intake,
    IEmailStore store,
    PlatformOptions options,
    TimeProvider time)
{
    private const int Page = 1_000;

    /// <param name="contact">Id or address; null means the book's first contact, or nobody where there is none.</param>
    public async ValueTask<ApiResult<CampaignPreview>> PreviewAsync(Campaign campaign, string? contact, CancellationToken cancellationToken)
    {
        if ((await ViewAsync(campaign, contact, cancellationToken)).Failed(out var fault, out var view))
        {
            return fault;
        }

        return new CampaignPreview(view.Member?.Address.ToString(), view.Content.Subject, view.Content.Html, view.Content.Text);
    }

    /// <summary>Sends it as one contact would get it to other addresses, at once; counts like any e-mail.</summary>
    public async ValueTask<ApiResult<List<QueueId>>> SendAsync(
        ApiCaller caller, Campaign campaign, IReadOnlyList<NamedMailbox> to, string? contact, CancellationToken cancellationToken)
    {
        if ((await ViewAsync(campaign, contact, cancellationToken)).Failed(out var fault, out var view))
        {
            return fault;
        }

        var faults = new FieldFaults();
        var domain = NamedMailbox.TryParse(campaign.From, out var from) ? await senders.CheckAsync(caller, from.Mailbox, faults, cancellationToken) : null;
        if (faults.First is { } refused)
        {
            return refused;
        }

        IReadOnlyList<QuotaPart> parts = [new(from!.Mailbox.Domain, to.Count)];
        if (await quota.TryTakeAsync(caller, parts, cancellationToken) is { } full)
        {
            return full;
        }

        var isSent = false;
        try
        {
            var sent = await SendAsync(caller, campaign, to, view.Content, domain, cancellationToken);
            isSent = !sent.Failed(out _, out _);
            return sent;
        }
        finally
        {
            if (!isSent)
            {
                await quota.RefundAsync(caller, parts, CancellationToken.None);
            }
        }
    }

    /// <summary>Whose mail would have an empty place: fields without value and fallback.</summary>
    public async ValueTask<ApiResult<MergeReport>> CheckAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        if (CampaignContent.TryRead(campaign, out var content) is { } fault)
        {
            return ApiFault.BadField("content", fault);
        }

        if (await audience.FindBookAsync(campaign.AccountId, campaign.BookUid, cancellationToken) is not { } book)
        {
            return ApiFault.NotFound("the contact book of this campaign is gone");
        }

        var fields = content.Fields.Where(field => string.IsNullOrEmpty(field.Fallback)).Select(field => field.Name).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var report = new MergeReport(fields);
        long after = 0;
        while (report.Checked < CampaignLimits.MaxChecked && await audience.ReadPageAsync(book, after, Page, cancellationToken) is { Count: > 0 } members)
        {
            foreach (var member in members.Where(member => member.IsSubscribed))
            {
                report.Look(member, new MergeValues(member, book, "-"));
            }

            after = members[^1].Id;
            report.IsComplete = members.Count < Page;
        }

        return report;
    }

    private async ValueTask<ApiResult<View>> ViewAsync(Campaign campaign, string? contact, CancellationToken cancellationToken)
    {
        if (await audience.FindBookAsync(campaign.AccountId, campaign.BookUid, cancellationToken) is not { } book)
        {
            return ApiFault.NotFound("the contact book of this campaign is gone");
        }

        var member = contact is not null
            ? await audience.FindAsync(book, contact, cancellationToken)
            : (await audience.ReadPageAsync(book, 0, 1, cancellationToken)) is [var first, ..] ? first : null;
        if (contact is not null && member is null)
        {
            return ApiFault.NotFound("contact: there is no such contact in the book of this campaign");
        }

        try
        {
            var content = composer.ContentOf(campaign);
            if (content.IsEmpty)
            {
                return ApiFault.BadField("html", "is missing; the campaign has no content yet");
            }

            var values = new MergeValues(member ?? Nobody(book), book, (options.PublicUrl?.AbsoluteUri ?? "https://example.invalid/") + "#unsubscribe");
            return new View(member, await content.FillAsync(values, templates, cancellationToken));
        }
        catch (CampaignFaultException fault)
        {
            return ApiFault.Unprocessable(fault.Message);
        }
    }

    private async ValueTask<ApiResult<List<QueueId>>> SendAsync(
        ApiCaller caller, Campaign campaign, IReadOnlyList<NamedMailbox> to, EmailContent content, SendingDomain? domain, CancellationToken cancellationToken)
    {
        var composed = new List<ComposedEmail>();
        try
        {
            foreach (var recipient in to)
            {
                var now = time.GetUtcNow();
                var request = CampaignComposer.Request(campaign with { Cc = [], Bcc = [] }, [recipient], []);
                var email = new PreparedEmail { Id = QueueId.New(now), Request = request, Content = content, Domain = domain, Date = now };
                if ((await emails.ComposeAsync(caller, email, EmailLimits.MaxComposedBytes, cancellationToken)).Failed(out var fault, out var done))
                {
                    return fault;
                }

                composed.Add(done);
            }

            var results = await intake.AcceptAsync(
                [.. composed.Select(email => email.Message!)],
                drafts => store.CreateAsync([.. composed.Select(email => email.Row!)], drafts, null));
            return results.FirstOrDefault(result => result.Refusal is not null)?.Refusal is { } refusal
                ? refusal.Code < 500 ? ApiFault.Unavailable("mail cannot be stored at the moment; try again later", TimeSpan.FromSeconds(10)) : ApiFault.BadRequest(refusal.Text)
                : results.Select(result => result.Id!.Value).ToList();
        }
        finally
        {
            foreach (var email in composed)
            {
                await email.DisposeAsync();
            }
        }
    }

    private static AudienceMember Nobody(AudienceBook book) => new()
    {
        Id = 0,
        Uid = Guid.Empty,
        AccountId = book.AccountId,
        BookId = book.Id,
        Address = Mailbox.Parse("someone@example.com"),
        IsSubscribed = true,
    };

    private sealed record View(AudienceMember? Member, EmailContent Content);
}

/// <param name="To">Whose copy it is; null: nobody's, the book is empty.</param>
internal sealed record CampaignPreview(string? To, string Subject, string? Html, string? Text);

/// <summary>Contacts whose copy would have empty places.</summary>
internal sealed class MergeReport(IReadOnlyList<string> fields)
{
    private readonly Dictionary<string, long> _missing = fields.ToDictionary(field => field, _ => 0L, StringComparer.OrdinalIgnoreCase);

    private readonly List<MergeErrorAnswer> _errors = [];

    /// <summary>Contacts looked at.</summary>
    public long Checked { get; private set; }

    /// <summary>Contacts with at least one empty place.</summary>
    public long Affected { get; private set; }

    /// <summary>False when the book is too large to be looked through at once.</summary>
    public bool IsComplete { get; set; } = true;

    /// <summary>Contacts by field that is empty.</summary>
    public IReadOnlyDictionary<string, long> Fields => _missing;

    /// <summary>The first of them.</summary>
    public IReadOnlyList<MergeErrorAnswer> Errors => _errors;

    public void Look(AudienceMember member, MergeValues values)
    {
        Checked++;
        var empty = fields.Where(field => string.IsNullOrEmpty(values.Find(field))).ToList();
        if (empty.Count == 0)
        {
            return;
        }

        Affected++;
        empty.ForEach(field => _missing[field]++);
        if (_errors.Count < CampaignLimits.MaxErrors)
        {
            _errors.Add(new MergeErrorAnswer(member.Uid.ToString(), member.Address.ToString(), empty));
        }
    }
}

internal sealed record MergeErrorAnswer(string ContactId, string Email, IReadOnlyList<string> Fields);

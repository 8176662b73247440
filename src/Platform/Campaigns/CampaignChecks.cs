using Relay.Platform.Emails;
using Relay.Platform.Templates;

namespace Relay.Platform.Campaigns;

/// <summary>What must hold of a campaign: to be kept, and to be sent.</summary>
internal sealed class CampaignChecks(SenderCheck senders, ICampaignAudience audience, ITemplateStore templates, PlatformOptions options)
{
    private const string NoLink =
        "has no unsubscribe link; put {{usesend_unsubscribe_url}} where it belongs, for example <a href=\"{{usesend_unsubscribe_url}}\">Unsubscribe</a>";

    /// <summary>Sender, book, content: needed for a draft already.</summary>
    public async ValueTask CheckAsync(ApiCaller caller, CampaignRequest request, Campaign campaign, FieldFaults faults, CancellationToken cancellationToken)
    {
        if (request.Sender is { } sender)
        {
            await CheckSenderAsync(caller, sender, faults, cancellationToken);
        }

        if (request.BookId is { } book && (!Guid.TryParse(book, out var uid) || await audience.FindBookAsync(caller.AccountId, uid, cancellationToken) is null))
        {
            faults.Add("contactBookId", "there is no contact book with this id", ApiFault.NotFound);
        }

        if (new[] { request.Html, request.TemplateId }.Count(given => given is not null) > 1)
        {
            faults.Add("templateId", "cannot stand beside html");
        }

        if (request.TemplateId is { } template && !await HasTemplateAsync(caller.AccountId, template, cancellationToken))
        {
            faults.Add("templateId", "there is no template with this id", ApiFault.NotFound);
        }

        if (campaign is { Html: null, Content: not null } && CampaignContent.TryRead(campaign, out _) is { } fault)
        {
            faults.Add("content", fault);
        }
    }

    /// <summary>The rest, before it is sent or scheduled.</summary>
    public void CheckSendable(Campaign campaign, FieldFaults faults)
    {
        if (options.PublicUrl is null)
        {
            faults.Add(string.Empty, "campaigns need the public listener, or nobody could unsubscribe: set [public] endpoint and public_url", ApiFault.BadRequest);
            return;
        }

        var field = campaign.Html is not null || campaign.Content is null ? "html" : "content";
        if (CampaignContent.TryRead(campaign, out var content) is { } fault)
        {
            faults.Add("content", fault);
        }
        else if (content.IsEmpty)
        {
            faults.Add(field, "is missing; a campaign needs html, content or templateId before it is sent");
        }
        else if (!content.HasUnsubscribeLink)
        {
            faults.Add(field, NoLink);
        }
    }

    private async ValueTask CheckSenderAsync(ApiCaller caller, Mail.NamedMailbox sender, FieldFaults faults, CancellationToken cancellationToken)
    {
        if (sender.Mailbox.Domain is null)
        {
            faults.Add("from", "must have a domain");
            return;
        }

        await senders.CheckAsync(caller, sender.Mailbox, faults, cancellationToken);
    }

    private async ValueTask<bool> HasTemplateAsync(long accountId, string id, CancellationToken cancellationToken) =>
        Guid.TryParseExact(id, "D", out var uid) && await templates.CurrentVersionAsync(accountId, uid, cancellationToken) is not null;
}

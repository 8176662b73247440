using System.Net;
using Relay.Platform.Emails;
using Relay.Platform.Templates;

namespace Relay.Platform.Campaigns;

/// <summary>Subject, HTML and text of a campaign, read once, filled in for each contact.</summary>
internal sealed class CampaignContent
{
    private readonly MergeTemplate _subject;
    private readonly MergeTemplate? _html;
    private readonly MergeTemplate? _text;
    private readonly Campaign _campaign;

    private CampaignContent(Campaign campaign, string? html)
    {
        _campaign = campaign;
        _subject = MergeTemplate.Parse(campaign.Subject);
        _html = html is null ? null : MergeTemplate.Parse(WithPreview(html, campaign.PreviewText));

        // The text part is made of the unfilled HTML: one parse for all, and fields stay fields.
        _text = html is null ? null : MergeTemplate.Parse(HtmlToText.Convert(html));
    }

    /// <summary>Fields of subject and content; those of a template are its own business.</summary>
    public IEnumerable<MergeField> Fields => _subject.Fields.Concat(_html?.Fields ?? []).Distinct();

    /// <summary>The reader can leave from within the mail. A template is believed to have its own link.</summary>
    public bool HasUnsubscribeLink => _campaign.TemplateId is not null || Fields.Any(place => MergeValues.UnsubscribeNames.Contains(place.Name));

    public bool IsEmpty => _html is null && _campaign.TemplateId is null;

    /// <returns>The fault, as the end of a sentence about the field <c>content</c>; null when there is none.</returns>
    public static string? TryRead(Campaign campaign, out CampaignContent content)
    {
        var html = campaign.Html;
        string? fault = null;
        if (html is null && campaign.Content is { } blocks)
        {
            (html, fault) = EditorContent.ToHtml(blocks);
        }

        content = new CampaignContent(campaign, html);
        return fault;
    }

    /// <exception cref="CampaignFaultException">The template cannot be rendered.</exception>
    public async ValueTask<EmailContent> FillAsync(MergeValues values, ITemplateRenderer templates, CancellationToken cancellationToken)
    {
        var subject = Line(_subject.Render(values, isHtml: false));
        if (_campaign.TemplateId is not { } templateId)
        {
            return new EmailContent(subject, _html!.Render(values, isHtml: true), _text!.Render(values, isHtml: false));
        }

        var rendered = await templates.RenderAsync(_campaign.AccountId, templateId, values.ToVariables(), cancellationToken);
        return rendered.Fault is { } fault
            ? throw new CampaignFaultException(fault.Message)
            : new EmailContent(subject, rendered.Html is null ? null : WithPreview(rendered.Html, _campaign.PreviewText), rendered.Text);
    }

    // Hidden at the top of the body, where mail programs look for it.
    private static string WithPreview(string html, string? preview)
    {
        if (string.IsNullOrEmpty(preview))
        {
            return html;
        }

        var hidden = $"<div style=\"display:none;max-height:0;overflow:hidden;opacity:0\">{WebUtility.HtmlEncode(preview)}</div>";
        var body = html.IndexOf("<body", StringComparison.OrdinalIgnoreCase);
        var end = body < 0 ? -1 : html.IndexOf('>', body);
        return end < 0 ? hidden + html : html.Insert(end + 1, hidden);
    }

    private static string Line(string subject)
    {
        var line = string.Concat(subject.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length > EmailLimits.MaxSubjectLength ? line[..EmailLimits.MaxSubjectLength] : line;
    }
}

/// <summary>A campaign cannot go on as it is; the message is for its owner.</summary>
internal sealed class CampaignFaultException(string message) : Exception(message);

using System.Collections.Concurrent;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Templates;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Composes one contact's copy of a campaign into the spool.</summary>
internal sealed class CampaignComposer(
    EmailComposer emails, ICampaignAudience audience, ITemplateRenderer templates, ILinkTracker tracker, TimeProvider time)
{
    private const int MaxRead = 100;

    private readonly ConcurrentDictionary<(long Id, DateTimeOffset UpdatedAt), CampaignContent> _contents = new();

    /// <returns>To be disposed.</returns>
    /// <exception cref="CampaignFaultException">It cannot be composed.</exception>
    public async ValueTask<ComposedEmail> ComposeAsync(
        Campaign campaign, AudienceBook book, AudienceMember member, SendingDomain? domain, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = QueueId.New(now);
        var link = audience.UnsubscribeUrl(member, id)
            ?? throw new CampaignFaultException("recipients cannot unsubscribe: the public listener is closed (public.public_url)");
        var content = await ContentOf(campaign).FillAsync(new MergeValues(member, book, link.AbsoluteUri), templates, cancellationToken);
        var email = new PreparedEmail
        {
            Id = id,
            Request = Request(campaign, [new NamedMailbox(null, member.Address)], Unsubscribe(link, campaign)),
            Content = content,
            Domain = domain,
            Date = now,
            NotBefore = NotBefore(campaign, member, now),
            Tracking = content.Html is null ? default : tracker.Choose(domain, campaign.TrackOpens, campaign.TrackClicks),
        };
        var composed = await emails.ComposeAsync(new EmailSender(campaign.AccountId, null, null), email, EmailLimits.MaxComposedBytes, cancellationToken);
        return composed.Failed(out var fault, out var done) ? throw new CampaignFaultException(fault.Message) : done;
    }

    /// <summary>The content read once for all contacts.</summary>
    public CampaignContent ContentOf(Campaign campaign)
    {
        if (_contents.TryGetValue((campaign.Id, campaign.UpdatedAt), out var known))
        {
            return known;
        }

        if (CampaignContent.TryRead(campaign, out var content) is { } fault)
        {
            throw new CampaignFaultException("content: " + fault);
        }

        if (_contents.Count >= MaxRead)
        {
            _contents.Clear();
        }

        return _contents.GetOrAdd((campaign.Id, campaign.UpdatedAt), content);
    }

    /// <param name="headers">Besides what the composer writes itself.</param>
    public static EmailRequest Request(Campaign campaign, IReadOnlyList<NamedMailbox> to, IReadOnlyList<KeyValuePair<string, string>> headers) => new()
    {
        From = NamedMailbox.TryParse(campaign.From, out var from) ? from : null,
        FromText = campaign.From,
        To = new GivenAddresses(new AddressField(false, [.. to.Select(named => named.ToString())]), to),
        Cc = Given(campaign.Cc),
        Bcc = Given(campaign.Bcc),
        ReplyTo = Given(campaign.ReplyTo),
        Headers = headers,
        Tags = campaign.Tags,
        Stream = MailStream.Broadcast,
        ListId = campaign.BookUid.ToString("D"),
    };

    // RFC 2369 §3.2 and RFC 8058 §3.1; List-Id of RFC 2919 lets readers sort by book.
    private static List<KeyValuePair<string, string>> Unsubscribe(Uri link, Campaign campaign) =>
    [
        new("List-Unsubscribe", $"<{link.AbsoluteUri}>"),
        new("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        new("List-Id", $"<{campaign.BookUid:N}.{(NamedMailbox.TryParse(campaign.From, out var from) ? from.Mailbox.DomainText : "invalid")}>"),
    ];

    private static GivenAddresses? Given(IReadOnlyList<string> texts) => texts.Count == 0 ? null : new GivenAddresses(
        new AddressField(false, texts),
        [.. texts.Select(text => NamedMailbox.TryParse(text, out var named) ? named : null).OfType<NamedMailbox>()]);

    private static DateTimeOffset? NotBefore(Campaign campaign, AudienceMember member, DateTimeOffset now)
    {
        if (campaign.Window is not { } window)
        {
            return null;
        }

        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(campaign.TimeZone, out var own) ? own : TimeZoneInfo.Utc;
        return window.Next(now, window.ZoneOf(member, zone)) is var next && next > now ? next : null;
    }
}

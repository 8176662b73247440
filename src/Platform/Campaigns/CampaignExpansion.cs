using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Emails;
using Relay.Platform.Quotas;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Campaigns;

/// <summary>Takes a campaign one piece further through its book.</summary>
/// <remarks>
/// 1. May it go on: account, domain, storage, batch, room in the queue. 2. A page of contacts behind the cursor; those who left are passed
/// over, and those of them who were there when it began are counted. 3. Quota. 4. Compose each message into the spool. 5. One commit: messages, what went to whom, and the cursor, if it still stands
/// where it stood and the campaign is still in progress. So each contact gets it once, whatever is paused, killed or restarted in between.
/// </remarks>
internal sealed class CampaignExpansion(
    ICampaignStore store,
    ICampaignAudience audience,
    CampaignComposer composer,
    ISenderDomains domains,
    AccountService accounts,
    IEmailQuota quota,
    MessageIntake intake,
    CampaignOptions options,
    PlatformOptions platform,
    TimeProvider time)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public async ValueTask<CampaignPace> StepAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await accounts.FindAsync(campaign.AccountId, cancellationToken) is not { IsSuspended: false })
        {
            return new CampaignPace(CampaignLimiter.Account, now + TimeSpan.FromMinutes(1));
        }

        if (!intake.Health.IsHealthy)
        {
            return new CampaignPace(CampaignLimiter.Storage, now + Soon);
        }

        var room = CampaignRoom.Of(campaign, options.MaxQueued, now);
        if (room.Pace is { } pace)
        {
            return pace;
        }

        if (await audience.FindBookAsync(campaign.AccountId, campaign.BookUid, cancellationToken) is not { } book)
        {
            throw new CampaignFaultException("its contact book was removed");
        }

        var members = await audience.ReadPageAsync(book, campaign.Progress.Cursor, room.Count, cancellationToken);
        if (members.Count > 0)
        {
            return await WriteAsync(campaign, book, members, room.BeginsBatch, cancellationToken);
        }

        await store.ChangeAsync(campaign.Id, current => CampaignMoves.Complete(current, time.GetUtcNow()), cancellationToken);
        return CampaignPace.Going;
    }

    private async ValueTask<CampaignPace> WriteAsync(
        Campaign campaign, AudienceBook book, IReadOnlyList<AudienceMember> members, bool beginsBatch, CancellationToken cancellationToken)
    {
        var wanted = members.Where(member => member.IsSubscribed).ToList();
        var domain = await DomainAsync(campaign, cancellationToken);
        var sender = new QuotaSender(campaign.AccountId, null);
        var (taken, refusal) = await TakeAsync(sender, count => Part(campaign, domain.Name, count), wanted.Count, cancellationToken);
        if (refusal is not null)
        {
            return refusal.RetryAfter is { } wait ? new CampaignPace(CampaignLimiter.Quota, time.GetUtcNow() + wait) : throw new CampaignFaultException(refusal.Message);
        }

        var isDone = false;
        try
        {
            var covered = taken == wanted.Count ? members : [.. members.TakeWhile(member => member.Id <= wanted[taken - 1].Id)];
            isDone = await CommitAsync(campaign, book, domain.Domain, covered, beginsBatch, cancellationToken);
            return CampaignPace.Going;
        }
        catch (CampaignMovedException)
        {
            // Paused or cancelled in between: the next look sees it.
            return CampaignPace.Going;
        }
        catch (StoreUnavailableException)
        {
            return new CampaignPace(CampaignLimiter.Storage, time.GetUtcNow() + Soon);
        }
        finally
        {
            if (!isDone && taken > 0)
            {
                await quota.RefundAsync(sender, [Part(campaign, domain.Name, taken)], CancellationToken.None);
            }
        }
    }

    private async ValueTask<bool> CommitAsync(
        Campaign campaign, AudienceBook book, SendingDomain? domain, IReadOnlyList<AudienceMember> members, bool beginsBatch, CancellationToken cancellationToken)
    {
        var composed = new List<(AudienceMember Member, ComposedEmail Email)>(members.Count);
        try
        {
            foreach (var member in members.Where(member => member.IsSubscribed))
            {
                composed.Add((member, await composer.ComposeAsync(campaign, book, member, domain, cancellationToken)));
            }

            var step = new CampaignStep(
                campaign.Id,
                campaign.AccountId,
                campaign.Progress.Cursor,
                members[^1].Id,
                [.. composed.Select(pair => new CampaignMessage(pair.Member.Id, pair.Email.Row!.Id, IsShared(campaign) ? pair.Member.Address.ToString() : null))],
                members.Count(member => !member.IsSubscribed && member.LeftAt >= campaign.Progress.StartedAt),
                time.GetUtcNow())
            {
                BeginsBatch = beginsBatch,
            };
            return composed.Count == 0 ? await store.SkipAsync(step, cancellationToken) : await AcceptAsync(step, [.. composed.Select(pair => pair.Email)]);
        }
        finally
        {
            foreach (var (_, email) in composed)
            {
                await email.DisposeAsync();
            }
        }
    }

    private async ValueTask<bool> AcceptAsync(CampaignStep step, List<ComposedEmail> composed)
    {
        // The rows of so many alike messages would be most of the database: what was written is told by the campaign.
        var results = await intake.AcceptAsync(
            [.. composed.Select(email => email.Message!)],
            drafts => store.EnqueueAsync(
                step,
                [.. composed.Select((email, i) => email.Row! with { Html = null, Text = null, CreatedAt = drafts[i].Message.AcceptedAt, UpdatedAt = drafts[i].Message.AcceptedAt })],
                drafts));
        if (results.FirstOrDefault(result => result.Refusal is not null)?.Refusal is not { } refusal)
        {
            return true;
        }

        throw refusal.Code < 500
            ? new StoreUnavailableException(refusal.Text)
            : new CampaignFaultException($"a message was refused: {refusal.Text}");
    }

    private async ValueTask<(DomainName? Name, SendingDomain? Domain)> DomainAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        var name = NamedMailbox.TryParse(campaign.From, out var from) ? from.Mailbox.Domain : null;
        var domain = name is null ? null : await domains.FindAsync(campaign.AccountId, name, cancellationToken);
        return !platform.RequireVerifiedDomains || domain is { IsVerified: true }
            ? (name, domain)
            : throw new CampaignFaultException($"the domain {name?.Unicode} of its from address is not verified any more");
    }

    // All of them, or as many as are left, found by halves.
    private async ValueTask<(int Taken, ApiFault? Refusal)> TakeAsync(QuotaSender sender, Func<int, QuotaPart> part, int count, CancellationToken cancellationToken)
    {
        ApiFault? refusal = null;
        for (var emails = count; emails > 0; emails /= 2)
        {
            refusal = await quota.TryTakeAsync(sender, [part(emails)], cancellationToken);
            if (refusal is null)
            {
                return (emails, null);
            }
        }

        return (0, refusal);
    }

    // Those in Cc and Bcc get one of each.
    private static QuotaPart Part(Campaign campaign, DomainName? domain, int emails) =>
        new(domain, new QuotaAmount(emails, emails * (1 + campaign.Cc.Count + campaign.Bcc.Count)));

    private static bool IsShared(Campaign campaign) => campaign.Cc.Count > 0 || campaign.Bcc.Count > 0;
}

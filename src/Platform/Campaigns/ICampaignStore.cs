using Relay.Platform.Emails;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Campaigns, separate for each account, and which message went to which contact. Thread safe; changes are durable when a method returns.</summary>
public interface ICampaignStore
{
    /// <returns>Null when the account has <paramref name="maxCampaigns"/> already.</returns>
    ValueTask<Campaign?> AddAsync(Campaign campaign, int maxCampaigns, CancellationToken cancellationToken);

    /// <summary>Null when the account has no such campaign.</summary>
    ValueTask<Campaign?> FindAsync(long accountId, Guid uid, CancellationToken cancellationToken);

    /// <summary>By row number, of whatever account.</summary>
    ValueTask<Campaign?> FindAsync(long id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<CampaignPage> ListAsync(CampaignFilter filter, CancellationToken cancellationToken);

    /// <summary>Changes what the owner or the server decides; counts and cursor are left alone but for what <paramref name="change"/> sets in the progress.</summary>
    /// <param name="change">Pure, runs inside the transaction; null leaves everything as it is.</param>
    /// <returns>The campaign as it is now; null when it is gone or was left as it is.</returns>
    ValueTask<Campaign?> ChangeAsync(long id, Func<Campaign, Campaign?> change, CancellationToken cancellationToken);

    /// <summary>Makes the campaign invisible at once; what it knows of contacts is removed by <see cref="RemovePieceAsync"/>. Messages stay.</summary>
    ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken);

    /// <summary>Removes some of what a removed campaign knows of contacts, and the campaign with the last of it, in one transaction.</summary>
    /// <returns>False when nothing is left.</returns>
    ValueTask<bool> RemovePieceAsync(long id, int limit, CancellationToken cancellationToken);

    /// <summary>Campaigns with something to do now, the longest untouched first.</summary>
    ValueTask<IReadOnlyList<Campaign>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>When the next campaign begins; null: none is scheduled.</summary>
    ValueTask<DateTimeOffset?> NextStartAsync(CancellationToken cancellationToken);

    /// <summary>Queues messages to contacts and moves the cursor behind them, in one transaction.</summary>
    /// <returns>The tasks born leased.</returns>
    /// <exception cref="CampaignMovedException">The campaign is no longer in progress, or its cursor stands elsewhere; nothing was queued.</exception>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(
        CampaignStep step, IReadOnlyList<Email> emails, IReadOnlyList<MessageDraft> drafts);

    /// <summary>Moves the cursor over contacts that are not written to.</summary>
    /// <returns>False when the campaign is no longer in progress, or its cursor stands elsewhere.</returns>
    ValueTask<bool> SkipAsync(CampaignStep step, CancellationToken cancellationToken);

    /// <summary>Messages of the campaign whose contact's fate is not known yet, behind <paramref name="afterContact"/>.</summary>
    ValueTask<IReadOnlyList<CampaignMessage>> OpenMessagesAsync(long campaignId, long afterContact, int limit, CancellationToken cancellationToken);

    /// <summary>Messages to one contact, of all campaigns, whose fate is not known yet.</summary>
    ValueTask<IReadOnlyList<CampaignMessage>> OpenMessagesOfContactAsync(long contactId, CancellationToken cancellationToken);

    /// <summary>The last event that is counted; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    /// <summary>Counts what happened, those of other messages in vain, and remembers how far it goes.</summary>
    /// <returns>Campaigns whose counts changed, as they are now.</returns>
    ValueTask<IReadOnlyList<Campaign>> CountAsync(IReadOnlyList<CampaignMark> marks, long through, CancellationToken cancellationToken);
}

/// <summary>Which campaigns of an account; null means any.</summary>
public sealed record CampaignFilter(long AccountId)
{
    public CampaignStatus? Status { get; init; }

    /// <summary>Part of name or subject, without regard to the case of ASCII letters.</summary>
    public string? Search { get; init; }

    /// <summary>From 1.</summary>
    public int Page { get; init; } = 1;

    public int Limit { get; init; } = CampaignLimits.PageSize;
}

/// <param name="Count">All that match.</param>
public sealed record CampaignPage(IReadOnlyList<Campaign> Campaigns, long Count);

/// <summary>Part of the way through a book.</summary>
/// <param name="From">Where the cursor stands.</param>
/// <param name="To">Where it goes.</param>
/// <param name="Contacts">Contacts the messages are for, in the order of the drafts.</param>
/// <param name="Skipped">Contacts between who left after it began.</param>
public sealed record CampaignStep(long CampaignId, long AccountId, long From, long To, IReadOnlyList<CampaignMessage> Contacts, int Skipped, DateTimeOffset At)
{
    /// <summary>A new batch begins with this step.</summary>
    public bool BeginsBatch { get; init; }
}

/// <param name="Address">Only where the message goes to others as well: events of theirs are not the contact's.</param>
public sealed record CampaignMessage(long ContactId, QueueId MessageId, string? Address);

/// <summary>What happened to a message.</summary>
public sealed record CampaignMark(QueueId MessageId, string? Recipient, CampaignMarks Marks);

/// <summary>What is known of a contact's message. The values are stored.</summary>
[Flags]
public enum CampaignMarks
{
    None = 0,
    Sent = 1,
    Delivered = 2,
    Opened = 4,
    Clicked = 8,
    Unsubscribed = 16,
    Bounced = 32,
    HardBounced = 64,
    Complained = 128,

    /// <summary>Nothing more will be attempted.</summary>
    Settled = 256,
}

/// <summary>Somebody else moved the campaign in between; nothing was done.</summary>
public sealed class CampaignMovedException() : Exception("The campaign is no longer in progress, or its cursor stands elsewhere.");

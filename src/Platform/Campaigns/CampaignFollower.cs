using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Counts what becomes of a campaign's messages, and stops it when too many bounce or complain.</summary>
internal sealed class CampaignFollower(ICampaignStore store, CampaignGuard guard, CampaignSignals signals) : IEventObserver
{
    public string Name => "campaigns";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var marks = events.Select(Mark).Where(mark => mark.Marks != CampaignMarks.None).ToList();
        var changed = await store.CountAsync(marks, events[^1].Sequence, cancellationToken);
        foreach (var campaign in changed)
        {
            await guard.CheckAsync(campaign, cancellationToken);
        }

        if (changed.Count > 0)
        {
            signals.Wake();
        }
    }

    internal static CampaignMarks Of(DeliveryEvent happened) => happened.Kind switch
    {
        DeliveryEventKind.Delivered => CampaignMarks.Sent | CampaignMarks.Delivered | CampaignMarks.Settled,
        DeliveryEventKind.Captured => CampaignMarks.Sent | CampaignMarks.Settled,
        DeliveryEventKind.Bounced => CampaignMarks.Settled | CampaignMarks.Bounced | (happened.Fault == FaultSide.Recipient ? CampaignMarks.HardBounced : CampaignMarks.None),
        DeliveryEventKind.Expired or DeliveryEventKind.Cancelled or DeliveryEventKind.Suppressed => CampaignMarks.Settled,
        DeliveryEventKind.Opened when happened.IsMachine != true => CampaignMarks.Opened,
        DeliveryEventKind.Clicked when happened.IsMachine != true => CampaignMarks.Opened | CampaignMarks.Clicked,
        DeliveryEventKind.Complained => CampaignMarks.Complained,
        DeliveryEventKind.Unsubscribed => CampaignMarks.Unsubscribed,
        _ => CampaignMarks.None,
    };

    private static CampaignMark Mark(DeliveryEvent happened) => new(happened.MessageId, happened.Recipient, Of(happened));
}

using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Holds, releases or cancels what a campaign has in the queue, piece by piece, after a pause, resume or cancel.</summary>
internal sealed class CampaignActs(ICampaignStore store, IQueueStore queue, TimeProvider time)
{
    private const int PieceMessages = 200;
    private const int PieceRows = 1_000;
    private const string Actor = "campaign";

    private static readonly TimeSpan WhileDelivering = TimeSpan.FromSeconds(2);

    // Campaigns some of whose messages were being delivered when they were met: they are looked for again.
    private readonly HashSet<long> _skipped = [];

    public async ValueTask<CampaignPace> StepAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        var progress = campaign.Progress;
        if (progress.Act == QueuedAct.Remove && campaign.Status != CampaignStatus.Cancelled)
        {
            return await RemoveAsync(campaign, cancellationToken);
        }

        var messages = await store.OpenMessagesAsync(campaign.Id, progress.ActCursor, PieceMessages, cancellationToken);
        var results = await Task.WhenAll(messages.Select(message => ApplyAsync(progress.Act, message.MessageId, cancellationToken)));
        if (results.Any(result => result.SkippedLeased > 0))
        {
            _skipped.Add(campaign.Id);
        }

        var isOver = messages.Count < PieceMessages;
        var again = isOver && _skipped.Remove(campaign.Id);
        if (isOver && !again && progress.Act == QueuedAct.Remove)
        {
            return await RemoveAsync(campaign, cancellationToken);
        }

        await store.ChangeAsync(
            campaign.Id,
            current => current.Progress.Act != progress.Act || current.Progress.ActCursor != progress.ActCursor ? null : current with
            {
                Progress = current.Progress with
                {
                    Act = isOver && !again ? QueuedAct.None : progress.Act,
                    ActCursor = isOver ? 0 : messages[^1].ContactId,
                },
            },
            cancellationToken);
        return again ? new CampaignPace(CampaignLimiter.Queue, time.GetUtcNow() + WhileDelivering) : CampaignPace.Going;
    }

    // What a cancelled campaign has in the queue was taken back before: nobody could be told afterwards what belongs to it.
    private async ValueTask<CampaignPace> RemoveAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        await store.RemovePieceAsync(campaign.Id, PieceRows, cancellationToken);
        return CampaignPace.Going;
    }

    /// <summary>A contact wants no more: what waits for it is not sent.</summary>
    public async ValueTask CancelForAsync(long contactId, CancellationToken cancellationToken)
    {
        foreach (var message in await store.OpenMessagesOfContactAsync(contactId, cancellationToken))
        {
            await ApplyAsync(QueuedAct.Cancel, message.MessageId, cancellationToken);
        }
    }

    private async Task<QueueActionResult> ApplyAsync(QueuedAct act, QueueId id, CancellationToken cancellationToken) =>
        await queue.ApplyAsync(
            act switch
            {
                QueuedAct.Hold => QueueAction.Hold,
                QueuedAct.Release => QueueAction.Release,
                _ => QueueAction.Cancel,
            },
            new QueueCriteria { MessageId = id, Actor = Actor },
            cancellationToken);
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Platform.Campaigns;

/// <summary>Moves campaigns on: each that can go gets one piece in turn, so that a large one does not hold up a small one.</summary>
internal sealed class CampaignRunner(
    ICampaignStore store,
    ICampaignAudience audience,
    CampaignExpansion expansion,
    CampaignActs acts,
    CampaignPaces paces,
    CampaignSignals signals,
    TimeProvider time,
    ILogger<CampaignRunner> log) : BackgroundService
{
    private const int MaxDue = 1_000;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => BackgroundLoop.RunAsync(RoundAsync, Failed, time, stoppingToken);

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        if (await TurnAsync(stoppingToken) is { } next)
        {
            var wait = next - time.GetUtcNow();
            await signals.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), time, stoppingToken);
        }

        return TimeSpan.Zero;
    }

    private TimeSpan Failed(Exception trouble)
    {
        CampaignLog.TurnFailed(log, trouble);
        return AfterTrouble;
    }

    /// <summary>One piece of every campaign that can go.</summary>
    /// <returns>When to look again; null: at once, something moved.</returns>
    internal async ValueTask<DateTimeOffset?> TurnAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var next = await store.NextStartAsync(cancellationToken) is { } start && start < now + Idle ? start : now + Idle;
        var moved = false;
        foreach (var campaign in await store.DueAsync(now, MaxDue, cancellationToken))
        {
            var pace = await MoveAsync(campaign, cancellationToken);
            moved |= pace.Until is null;
            next = pace.Until < next ? pace.Until.Value : next;
        }

        return moved ? null : next;
    }

    private async ValueTask<CampaignPace> MoveAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        if (campaign.Progress.Act != QueuedAct.None)
        {
            return await acts.StepAsync(campaign, cancellationToken);
        }

        try
        {
            var current = campaign.Status == CampaignStatus.Scheduled ? await BeginAsync(campaign, cancellationToken) : campaign;
            if (current is null)
            {
                return CampaignPace.Going;
            }

            var pace = await expansion.StepAsync(current, cancellationToken);
            paces.Note(current, pace);
            return pace;
        }
        catch (CampaignFaultException fault)
        {
            CampaignLog.Stopped(log, campaign.Uid, campaign.AccountId, fault.Message);
            await store.ChangeAsync(campaign.Id, current => CampaignMoves.Pause(current, fault.Message, time.GetUtcNow()), cancellationToken);
            return CampaignPace.Going;
        }
    }

    private async ValueTask<Campaign?> BeginAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        var book = await audience.FindBookAsync(campaign.AccountId, campaign.BookUid, cancellationToken)
            ?? throw new CampaignFaultException("its contact book was removed");
        var total = await audience.CountAsync(book, cancellationToken);
        CampaignLog.Begun(log, campaign.Uid, campaign.AccountId, total);
        return await store.ChangeAsync(
            campaign.Id,
            current => current.Status == CampaignStatus.Scheduled && current.ScheduledAt <= time.GetUtcNow() ? CampaignMoves.Begin(current, total, time.GetUtcNow()) : null,
            cancellationToken);
    }
}

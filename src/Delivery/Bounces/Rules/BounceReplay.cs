using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Judges what the history holds once more by the present rules, and tells what they would have said otherwise. Changes nothing.</summary>
public sealed class BounceReplay(IEventStore events)
{
    public const int MaxSamples = 100;

    private const int PageSize = 500;

    private static readonly DeliveryEventKind[] Kinds = [DeliveryEventKind.Bounced, DeliveryEventKind.Deferred];

    /// <param name="maxEvents">Newest first; the rest is not looked at.</param>
    public async ValueTask<BounceReplayResult> RunAsync(DateTimeOffset? since, int maxEvents, CancellationToken cancellationToken)
    {
        var changes = new Dictionary<(string From, string To), int>();
        var samples = new List<BounceChange>();
        var (judged, changed, moreHard, lessHard) = (0, 0, 0, 0);
        IReadOnlyList<DeliveryEvent> page;
        long? before = null;
        do
        {
            page = await events.ListAsync(new EventFilter { Kinds = Kinds, Since = since, Before = before, Limit = PageSize }, cancellationToken);
            foreach (var happened in page.Where(IsTheirs))
            {
                judged++;
                var verdict = BounceClassifier.Shipped.Classify(FactsOf(happened));
                var was = happened.Subclass ?? happened.Class ?? BounceVerdict.Undefined;
                if ((happened.Subclass ?? verdict.Subclass) == verdict.Subclass && happened.Class == verdict.Class && (happened.IsHard ?? verdict.IsHard) == verdict.IsHard)
                {
                    continue;
                }

                changed++;
                moreHard += verdict.IsHard && happened.IsHard == false ? 1 : 0;
                lessHard += !verdict.IsHard && happened.IsHard == true ? 1 : 0;
                changes[(was, verdict.Subclass)] = changes.GetValueOrDefault((was, verdict.Subclass)) + 1;
                if (samples.Count < MaxSamples)
                {
                    samples.Add(new BounceChange(happened.Sequence, was, verdict.Subclass, happened.IsHard, verdict.IsHard, verdict.Rule, happened.Text));
                }
            }

            before = page.Count == 0 ? before : page[^1].Sequence;
        }
        while (page.Count == PageSize && judged < maxEvents);
        return new BounceReplayResult(
            BounceClassifier.Shipped.Version,
            judged,
            changed,
            moreHard,
            lessHard,
            [.. changes.OrderByDescending(change => change.Value).Select(change => new BounceChangeCount(change.Key.From, change.Key.To, change.Value))],
            samples);
    }

    // What we decided ourselves has no reply, and no rule was asked.
    private static bool IsTheirs(DeliveryEvent happened) =>
        happened.Text is not null && (happened.ReplyCode is not null || happened.Rule is not null);

    private static BounceFacts FactsOf(DeliveryEvent happened) => new()
    {
        ReplyCode = happened.ReplyCode,
        Enhanced = EnhancedStatusCode.TryParse(happened.EnhancedCode, out var code) ? code : null,
        Text = happened.Text!,
        Step = happened.Step,
        Host = happened.RemoteHost,
    };
}

/// <param name="MoreHard">Addresses that would be hard now.</param>
/// <param name="LessHard">Addresses that would not be hard any more.</param>
/// <param name="Samples">The newest of what changed.</param>
public sealed record BounceReplayResult(
    string Version, int Judged, int Changed, int MoreHard, int LessHard, IReadOnlyList<BounceChangeCount> Changes, IReadOnlyList<BounceChange> Samples);

public sealed record BounceChangeCount(string From, string To, int Count);

public sealed record BounceChange(long Event, string From, string To, bool? WasHard, bool IsHard, string Rule, string? Text);

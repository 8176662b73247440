using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>What a look means after those before it: whether something drifted from what was in order. Pure.</summary>
/// <remarks>
/// 1. Only what was in order once can drift, and only what is certain. 2. What cannot be told now stays as it was told to be. 3. What is
/// gone for a week was taken away on purpose; what is wrong drifts until it is mended.
/// </remarks>
internal static class AdviceJudgement
{
    public static readonly TimeSpan PatienceForMissing = TimeSpan.FromDays(7);

    public static IReadOnlyList<RecordAdvice> Apply(IReadOnlyList<RecordAdvice> before, IReadOnlyList<RecordAdvice> found, DateTimeOffset now) =>
        [.. found.Select(advice => Apply(before.FirstOrDefault(other => other.Check == advice.Check), advice, now))];

    private static RecordAdvice Apply(RecordAdvice? before, RecordAdvice found, DateTimeOffset now)
    {
        if (found.State == AdviceState.Ok)
        {
            return found with { GoodAt = now, DriftSince = null };
        }

        if (found.State == AdviceState.Unknown)
        {
            return found with { GoodAt = before?.GoodAt, DriftSince = before?.DriftSince, Memory = found.Memory ?? before?.Memory };
        }

        DateTimeOffset? drift = before?.GoodAt is null ? null : before.DriftSince ?? now;
        return found.State == AdviceState.Missing && now - drift >= PatienceForMissing
            ? found
            : found with { GoodAt = before?.GoodAt, DriftSince = drift };
    }
}

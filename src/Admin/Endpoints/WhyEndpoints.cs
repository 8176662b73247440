using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Why a message is not sent yet.</summary>
internal sealed class WhyEndpoints(IDeliveryExplainer explainer)
{
    public void Map(RouteGroupBuilder group) => group.MapGet("/messages/{id}/why", ExplainAsync)
        .WithSummary("Why a message is not sent yet: what binds now and until when, the last replies, its route and its place")
        .Produces<WhyAnswer>().ProducesProblem(StatusCodes.Status404NotFound);

    /// <param name="recipient">Number of one recipient; without it all that are open.</param>
    private async Task<IResult> ExplainAsync(string id, long? recipient, CancellationToken cancellationToken) =>
        QueueId.TryParse(id, out var queueId) && await explainer.ExplainAsync(queueId, recipient, cancellationToken) is { } found
            ? TypedResults.Ok(WhyAnswer.Of(found))
            : Problems.NotFound(recipient is null ? $"no message with id {id}" : $"no message with id {id} that has a recipient {recipient}");
}

/// <param name="OpenRecipients">Recipients that are not final; at most 100 are explained.</param>
internal sealed record WhyAnswer(
    string MessageId,
    DateTimeOffset At,
    long AccountId,
    string? User,
    string Stream,
    string? Tag,
    int OpenRecipients,
    IReadOnlyList<WhyRecipientAnswer> Recipients)
{
    public static WhyAnswer Of(DeliveryExplanation why) => new(
        why.MessageId.ToString(),
        why.At,
        why.Flow.AccountId,
        why.Flow.User,
        Words.Of(why.Flow.Stream),
        why.Flow.Tag,
        why.Open,
        [.. why.Recipients.Select(WhyRecipientAnswer.Of)]);
}

/// <param name="Summary">One sentence: what binds now.</param>
/// <param name="Blockers">Everything that keeps it from being sent now; the first binds.</param>
/// <param name="Ahead">Recipients of the same account, login, stream, campaign and domain that are due before it; 10000 means at least as many.</param>
/// <param name="Estimate">The earliest time at which it may be tried; null when that depends on others.</param>
/// <param name="Attempts">The last three with their conversations, newest first.</param>
internal sealed record WhyRecipientAnswer(
    long Id,
    string Address,
    string QueueKey,
    string State,
    int AttemptCount,
    DateTimeOffset? NextAttempt,
    DateTimeOffset ExpiresAt,
    string Summary,
    IReadOnlyList<DeliveryBlocker> Blockers,
    string? LastReply,
    string? LastHost,
    RouteAnswer? Route,
    LimitExplanation? Retry,
    int Ahead,
    DateTimeOffset? Estimate,
    IReadOnlyList<EventAnswer> Attempts)
{
    public static WhyRecipientAnswer Of(RecipientExplanation why) => new(
        why.Recipient.Id,
        why.Recipient.Address.ToString(),
        why.Recipient.QueueKey,
        Words.Of(why.Recipient.State),
        why.Recipient.Attempts,
        why.Recipient.State.IsWaiting() ? why.Recipient.NextAttempt : null,
        why.ExpiresAt,
        why.Summary,
        why.Blockers,
        why.Recipient.LastReply,
        why.Recipient.LastHost,
        why.Route is null ? null : RouteAnswer.Of(why.Route),
        why.Retry,
        why.Ahead,
        why.Estimate,
        [.. why.Attempts.Select(EventAnswer.Of)]);
}

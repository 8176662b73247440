using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Of the queue in memory: lists, searches and sums.</summary>
public sealed partial class MemoryQueueStore
{
    public ValueTask<MessageDetails?> FindAsync(QueueId id, CancellationToken cancellationToken) =>
        Query(() => _messages.FirstOrDefault(message => message.Message.Id == id) is { } found
            ? new MessageDetails
            {
                Message = found.Message,
                Variants = [.. found.Variants],
                Recipients = [.. found.Rows.Select(row => row.Recipient)],
                HasContent = found.HasContent,
            }
            : null);

    public ValueTask<IReadOnlyDictionary<QueueId, QueuedMessage>> FactsAsync(
        IReadOnlyCollection<QueueId> ids, CancellationToken cancellationToken) =>
        Query<IReadOnlyDictionary<QueueId, QueuedMessage>>(() =>
            _messages.Where(message => ids.Contains(message.Message.Id)).ToDictionary(message => message.Message.Id, message => message.Message));

    public ValueTask<int> CountAheadAsync(long recipientId, CancellationToken cancellationToken) => Query(() =>
        Find(recipientId) is { } me
            ? Rows.Count(row => row.Lane == me.Lane && row.Message.Message.Priority == me.Message.Message.Priority
                && row.Recipient.State.IsWaiting() && row.Recipient.NextAttempt < me.Recipient.NextAttempt)
            : 0);

    public ValueTask<QueuePage> ListAsync(QueueFilter filter, CancellationToken cancellationToken) =>
        Query(() =>
        {
            var limit = Math.Clamp(filter.Limit, 1, 500);
            var rows = Rows.Where(row => Matches(row, filter)).OrderByDescending(row => row.Recipient.Id).Take(limit + 1).ToList();
            var entries = rows.Take(limit).Select(row => new QueueEntry(row.Message.Message, row.Recipient)).ToList();
            return new QueuePage(entries, rows.Count > limit ? entries[^1].Recipient.Id : null);
        });

    public ValueTask<QueueSummary> SummaryAsync(int maxKeys, CancellationToken cancellationToken) =>
        Query(() => new QueueSummary(
            Rows.GroupBy(row => row.Recipient.State).ToDictionary(group => group.Key, group => group.LongCount()),
            [
                .. Rows.Where(row => !row.Recipient.State.IsFinal())
                    .GroupBy(row => row.Recipient.QueueKey)
                    .Select(Summarise)
                    .OrderByDescending(key => key.Waiting + key.Leased + key.Held)
                    .ThenBy(key => key.QueueKey, StringComparer.Ordinal)
                    .Take(maxKeys),
            ])
        {
            OldestOpen = _messages.Where(message => message.FinishedAt is null).Min(message => (DateTimeOffset?)message.Message.AcceptedAt),
        });

    public ValueTask<IReadOnlyList<QueueAgeRow>> AgesAsync(QueueGrouping grouping, int maxRows, CancellationToken cancellationToken) =>
        Query<IReadOnlyList<QueueAgeRow>>(() =>
        {
            var now = time.GetUtcNow();
            return
            [
                .. Rows.Where(row => !row.Recipient.State.IsFinal())
                    .GroupBy(row => GroupOf(row, grouping))
                    .Select(group => QueueAgeRow.Of(
                        group.Key,
                        group.Count(),
                        [.. QueueAgeRow.AgeBounds.Select(bound => group.LongCount(row => row.Message.Message.AcceptedAt > now - bound))]))
                    .OrderByDescending(row => row.Total)
                    .ThenBy(row => row.Name, StringComparer.Ordinal)
                    .Take(maxRows),
            ];
        });

    private static string GroupOf(Row row, QueueGrouping grouping) => grouping switch
    {
        QueueGrouping.Domain => row.Recipient.QueueKey.Split('#')[0],
        QueueGrouping.Sender => row.Message.Message.ReversePath.Mailbox?.DomainText ?? string.Empty,
        QueueGrouping.Account => row.Message.Message.AccountId.ToString(System.Globalization.CultureInfo.InvariantCulture),
        QueueGrouping.Stream => row.Message.Message.Stream.ToString().ToLowerInvariant(),
        QueueGrouping.State => row.Recipient.State.ToString().ToLowerInvariant(),
        _ => string.Empty,
    };

    private static bool Matches(Row row, QueueFilter filter) =>
        (filter.States is null || filter.States.Contains(row.Recipient.State))
        && (filter.QueueKey is null || IsForm(row.Recipient.QueueKey, filter.QueueKey))
        && (filter.Before is null || row.Recipient.Id < filter.Before)
        && (filter.Search is null
            || new[] { row.Recipient.Address.ToString(), row.Message.Message.HeaderFrom, row.Message.Message.Subject }
                .Any(text => text?.Contains(filter.Search, StringComparison.OrdinalIgnoreCase) == true));

    private static KeySummary Summarise(IGrouping<string, Row> group)
    {
        var waiting = group.Where(row => row.Recipient.State.IsWaiting()).ToList();
        return new KeySummary(
            group.Key,
            waiting.Count,
            group.Count(row => row.Recipient.State == RecipientState.Leased),
            group.Count(row => row.Recipient.State == RecipientState.Held),
            waiting.Min(row => (DateTimeOffset?)row.Recipient.NextAttempt));
    }
}

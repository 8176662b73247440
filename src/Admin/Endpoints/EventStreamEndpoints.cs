using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Events as they happen, by server-sent events.</summary>
/// <remarks>
/// 1. Begin to watch. 2. Send what the history holds behind Last-Event-ID, so that a reader who was cut off misses nothing recent.
/// 3. Send what comes, leaving out what step 2 sent; a sign of life every 15 seconds keeps proxies from closing. A server that stops ends its
/// streams: one that is watched would else wait for its watchers.
/// </remarks>
internal sealed class EventStreamEndpoints(EventFeed feed, IEventStore events, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int MaxReplayed = 500;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public void Map(RouteGroupBuilder group) => group.MapGet("/events/stream", Open)
        .WithSummary("Events as they happen (text/event-stream), with the filters of the list; Last-Event-ID continues behind an event")
        .Produces<EventAnswer>(StatusCodes.Status200OK, "text/event-stream")
        .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private IResult Open([AsParameters] EventStreamQuery query, HttpContext context, CancellationToken cancellationToken)
    {
        if (!query.TryRead(out var filter, out var error))
        {
            return Problems.BadRequest(error);
        }

        long? after = null;
        if (context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last)
        {
            if (!long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            {
                return Problems.BadRequest($"Last-Event-ID: '{last}' is not the id of an event");
            }

            after = sequence;
        }

        return feed.Watch(filter.Matches) is { } watcher
            ? TypedResults.ServerSentEvents(ReadAsync(watcher, filter, after, cancellationToken))
            : TypedResults.Problem(
                $"{EventFeed.MaxWatchers} streams are open already", statusCode: StatusCodes.Status503ServiceUnavailable, title: "Too many streams");
    }

    private async IAsyncEnumerable<SseItem<object>> ReadAsync(
        EventFeed.Watcher watcher, StreamFilter filter, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watching = watcher;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);

        // Who is cut off before the first event came continues behind this one.
        var newest = after ?? (await events.ListAsync(new EventFilter { Limit = 1 }, cancellationToken) is [var last, ..] ? last.Sequence : 0);
        yield return new SseItem<object>(new StreamNote("watching"), "open") { EventId = newest.ToString(CultureInfo.InvariantCulture) };
        var sent = after ?? 0;
        if (after is not null)
        {
            var missed = await events.ListAsync(filter.ToQuery(after.Value, MaxReplayed), cancellationToken);
            if (missed.Count == MaxReplayed)
            {
                yield return new SseItem<object>(new StreamNote($"of what was missed, the last {MaxReplayed} events follow: 'relay event list' has all"), "lost");
            }

            foreach (var item in missed.Reverse())
            {
                sent = item.Sequence;
                yield return Item(item);
            }
        }

        while (!ending.IsCancellationRequested)
        {
            if (!await HasMoreAsync(watching, ending.Token))
            {
                if (!ending.IsCancellationRequested)
                {
                    yield return new SseItem<object>(new StreamNote("alive"), "alive");
                }

                continue;
            }

            while (watching.Events.TryRead(out var item))
            {
                if (item.Sequence > sent)
                {
                    yield return Item(item);
                }
            }

            if (watching.TakeLost() is > 0 and var lost)
            {
                yield return new SseItem<object>(new StreamNote($"{lost} events were left out: read faster, or filter"), "lost");
            }
        }
    }

    /// <summary>False when it is time for a sign of life, or to end.</summary>
    private async ValueTask<bool> HasMoreAsync(EventFeed.Watcher watcher, CancellationToken ending)
    {
        using var alarm = new CancellationTokenSource(KeepAlive, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(alarm.Token, ending);
        try
        {
            return await watcher.Events.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static SseItem<object> Item(DeliveryEvent item) =>
        new(EventAnswer.Of(item), "event") { EventId = item.Sequence.ToString(CultureInfo.InvariantCulture) };
}

/// <summary>Filters of the live stream.</summary>
internal sealed record EventStreamQuery(string? Message, string? Recipient, string? Domain, string? Kind)
{
    public bool TryRead(out StreamFilter filter, out string error)
    {
        filter = new StreamFilter(null, Recipient, Domain, null);
        error = string.Empty;
        if (Message is not null)
        {
            if (!QueueId.TryParse(Message, out var id))
            {
                error = $"message: '{Message}' is not a queue id";
                return false;
            }

            filter = filter with { MessageId = id };
        }

        if (Kind is not null)
        {
            if (!Words.TryParseList<DeliveryEventKind>(Kind, out var kinds, out error))
            {
                error = "kind: " + error;
                return false;
            }

            filter = filter with { Kinds = kinds };
        }

        return true;
    }
}

internal sealed record StreamFilter(QueueId? MessageId, string? Recipient, string? Domain, IReadOnlyList<DeliveryEventKind>? Kinds)
{
    public bool Matches(DeliveryEvent item) =>
        (MessageId is null || item.MessageId == MessageId)
        && (Recipient is null || string.Equals(item.Recipient, Recipient, StringComparison.OrdinalIgnoreCase))
        && (Domain is null || (item.Recipient?.EndsWith("@" + Domain, StringComparison.OrdinalIgnoreCase) ?? false))
        && (Kinds is null || Kinds.Contains(item.Kind));

    public EventFilter ToQuery(long after, int limit) =>
        new() { MessageId = MessageId, Recipient = Recipient, Domain = Domain, Kinds = Kinds, After = after, Limit = limit };
}

/// <summary>What the stream says of itself.</summary>
internal sealed record StreamNote(string Text);

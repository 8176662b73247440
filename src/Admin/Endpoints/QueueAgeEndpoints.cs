using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>How old what waits is, as qshape shows it.</summary>
/// <remarks>An answer reads the whole queue, so that one is kept for a moment and asked for once, however many look.</remarks>
internal sealed class QueueAgeEndpoints(IQueueAges ages, TimeProvider time) : IDisposable
{
    private const int MaxRows = 50;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    private readonly Dictionary<QueueGrouping, (DateTimeOffset At, IReadOnlyList<QueueAgeRow> Rows)> _kept = [];
    private readonly SemaphoreSlim _one = new(1);

    public void Map(RouteGroupBuilder group) => group.MapGet("/queue/ages", ShowAsync)
        .WithSummary("Open recipients by age, of the whole queue or by domain, sender, account, stream or state")
        .Produces<QueueAgesAnswer>().ProducesProblem(StatusCodes.Status400BadRequest);

    public void Dispose() => _one.Dispose();

    private async Task<IResult> ShowAsync(string? by, int? limit, CancellationToken cancellationToken)
    {
        if (!Words.TryParseList<QueueGrouping>(by ?? "all", out var groupings, out var error) || groupings.Count != 1)
        {
            return Problems.BadRequest("by: " + (error.Length > 0 ? error : "name one"));
        }

        if (limit is < 1 or > MaxRows)
        {
            return Problems.BadRequest($"limit: a number from 1 to {MaxRows}");
        }

        var rows = await ReadAsync(groupings[0], cancellationToken);
        return TypedResults.Ok(new QueueAgesAnswer(
            Words.Of(groupings[0]), [.. QueueAgeRow.AgeBounds.Select(bound => (int)bound.TotalMinutes)], [.. rows.Take(limit ?? 20)]));
    }

    private async ValueTask<IReadOnlyList<QueueAgeRow>> ReadAsync(QueueGrouping grouping, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_kept.TryGetValue(grouping, out var kept) && time.GetUtcNow() - kept.At < Fresh)
            {
                return kept.Rows;
            }

            var rows = await ages.AgesAsync(grouping, MaxRows, cancellationToken);
            _kept[grouping] = (time.GetUtcNow(), rows);
            return rows;
        }
        finally
        {
            _one.Release();
        }
    }
}

/// <param name="BoundsMinutes">Upper bounds of all columns but the last, which holds what is older.</param>
internal sealed record QueueAgesAnswer(string By, IReadOnlyList<int> BoundsMinutes, IReadOnlyList<QueueAgeRow> Rows);

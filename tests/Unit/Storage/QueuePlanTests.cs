using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>A long queue of one key must cost the others, and its own leases, nothing.</summary>
public sealed class QueuePlanTests : IAsyncLifetime
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    public static TheoryData<string> HotQueries => new()
    {
        LeaseWork.DueOfPriority,
        LeaseWork.EarlierLeases,
        QueueLedger.EarliestOfPriority,
        QueueReads.DueLanesSql,
        QueueReads.OldestOpen,
        RetentionWork.MessagesWithContent,
        RetentionWork.FinishedMessages,
        LaneRow.AnyWaiting,
        OutboxRows.Select,
        OutboxRows.Delete,
    };

    public Task InitializeAsync() => _stores.OpenAsync();

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Theory]
    [MemberData(nameof(HotQueries))]
    public async Task Uses_an_index_and_never_sorts_or_scans_a_table(string sql)
    {
        var plan = await _stores.Stores.Database.Readers.ReadAsync(connection => Explain(connection, sql), CancellationToken.None);
        Assert.NotEmpty(plan);
        Assert.All(plan, step =>
        {
            Assert.DoesNotContain("TEMP B-TREE", step, StringComparison.Ordinal);
            Assert.True(
                step.StartsWith("SEARCH", StringComparison.Ordinal)
                || step.StartsWith("LIST SUBQUERY", StringComparison.Ordinal)
                || step.Contains("USING INDEX recipient_leased", StringComparison.Ordinal),
                step);
        });
    }

    [Fact]
    public async Task Leases_from_a_long_queue_touch_only_what_they_take()
    {
        var queue = _stores.Stores.Queue;
        var now = new ManualTimeProvider().GetUtcNow();
        for (var i = 0; i < 20; i++)
        {
            await queue.EnqueueAsync([Drafts.Message(now, [.. Enumerable.Range(0, 1000).Select(n =>
                Drafts.Recipient($"u{n}@slow.example.net", RecipientState.Scheduled, now.AddDays(1)))])]);
        }

        await queue.EnqueueAsync([Drafts.Message(now, "due@slow.example.net")]);
        var steps = await _stores.Stores.Database.Writer.RunAsync(
            WriterLane.Mail, 0, connection => CountSteps(connection, now), CancellationToken.None);
        Assert.InRange(steps, 1, 200);
        Assert.Single(await queue.LeaseDueAsync(QueueLane.Of("slow.example.net"), 100, CancellationToken.None));
    }

    private static List<string> Explain(SqliteConnection connection, string sql)
    {
        var plan = new List<string>();
        using var query = connection.UseOnce("EXPLAIN QUERY PLAN " + sql);
        while (query.Read())
        {
            plan.Add(query.Text(3));
        }

        return plan;
    }

    // Steps of SQLite's virtual machine for leasing one due row among 20,000 that wait.
    private static int CountSteps(SqliteConnection connection, DateTimeOffset now)
    {
        using var query = connection.Use(LeaseWork.DueOfPriority).Bind("slow.example.net").Bind(QueueFlow.Default.Id).Bind((long)MessagePriority.Normal).Bind(now).Bind(100);
        while (query.Read())
        {
        }

        return query.TakeSteps();
    }
}

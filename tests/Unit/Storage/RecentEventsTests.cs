using Relay.Queue;
using Relay.Storage;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RecentEventsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    private readonly RecentEvents _recent = new(capacity: 6);

    public RecentEventsTests() => _recent.Committed(Events(0));

    [Fact]
    public void Answers_only_when_the_store_knows_no_more()
    {
        Read(0, 2, 5);
        _recent.Committed(Events(7));

        Assert.Empty(Held(0));
        Assert.Equal([2, 5], Held(0, limit: 2));

        Read(5, 7);
        Assert.Equal([2, 5, 7], Held(0));
    }

    [Fact]
    public void What_is_committed_behind_the_last_read_needs_no_reading()
    {
        Read(0, 2, 5);
        _recent.Committed(Events(5));
        _recent.Committed(Events(7, 8));

        Assert.Equal([2, 5, 7, 8], Held(0));

        _recent.Prune(8);
        _recent.Committed(Events(9));
        Assert.Equal([9], Held(8));
    }

    [Fact]
    public void What_is_committed_beyond_its_bound_is_read_by_who_comes_to_it()
    {
        Read(0, 1, 2, 3, 4);
        _recent.Committed(Events(4));
        _recent.Committed(Events(5, 6, 7));
        _recent.Committed(Events(8));

        Assert.Equal([1, 2, 3, 4], Held(0, limit: 4));
        Assert.Empty(Held(4));

        Read(4, 5, 6, 7, 8);
        Assert.Equal([5, 6, 7, 8], Held(4));
    }

    [Fact]
    public void What_was_changed_is_not_held_by_what_is_committed_next()
    {
        Read(0, 2);
        _recent.Committed(Events(2));
        _recent.Forget();
        _recent.Committed(Events(3));

        Assert.Empty(Held(0));
        Assert.Empty(Held(2));
    }

    [Fact]
    public void Before_the_first_commit_only_a_full_answer_is_held()
    {
        var fresh = new RecentEvents(capacity: 6);
        fresh.Find(0, 2, out var edition);
        fresh.Add(0, Events(2, 5), edition);

        Assert.Empty(fresh.Find(0, 3, out _));
        Assert.Equal(2, fresh.Find(0, 2, out _).Count);
    }

    [Fact]
    public void Holds_what_was_read_for_whoever_comes_behind()
    {
        Read(0, 2, 5, 9);

        Assert.Equal([2, 5, 9], Held(0));
        Assert.Equal([5, 9], Held(2));
        Assert.Equal([5], Held(3, limit: 1));
        Assert.Empty(Held(9));
    }

    [Fact]
    public void Goes_on_where_it_ended_and_takes_no_event_twice()
    {
        Read(0, 2, 5);
        Read(5, 7);
        Read(2, 5, 7, 8);

        Assert.Equal([2, 5, 7, 8], Held(0));
    }

    [Fact]
    public void Has_no_gaps_behind_a_reader_that_was_further()
    {
        Read(0, 2);
        Read(4, 5, 6);

        Assert.Empty(Held(0));
        Assert.Empty(Held(2));
        Assert.Equal([5, 6], Held(4));
    }

    [Fact]
    public void Is_asked_for_nothing_older_than_it_holds()
    {
        Read(4, 5, 6);
        Read(0, 2, 5);

        Assert.Empty(Held(0));
        Assert.Equal([5, 6], Held(4));
    }

    [Fact]
    public void Holds_the_youngest_only()
    {
        Read(0, 1, 2, 3, 4);
        Read(4, 5, 6, 7, 8);

        Assert.Empty(Held(0));
        Assert.Empty(Held(1));
        Assert.Equal([3, 4, 5, 6, 7, 8], Held(2));
    }

    [Fact]
    public void Pruned_events_are_gone_here_too()
    {
        Read(0, 1, 2, 3);
        _recent.Prune(2);

        Assert.Empty(Held(0));
        Assert.Equal([3], Held(2));

        _recent.Prune(9);
        Assert.Empty(Held(2));
    }

    [Fact]
    public void What_was_read_before_a_change_is_not_held_behind_it()
    {
        _recent.Find(0, 10, out var edition);
        _recent.Forget();
        _recent.Add(0, Events(1, 2), edition);

        Assert.Empty(Held(0));
        Read(0, 1, 2);
        Assert.Equal([1, 2], Held(0));
        _recent.Forget();
        Assert.Empty(Held(0));
    }

    private void Read(long after, params long[] sequences)
    {
        _recent.Find(long.MaxValue, 1, out var edition);
        _recent.Add(after, Events(sequences), edition);
    }

    private long[] Held(long after, int limit = 100) => [.. _recent.Find(after, limit, out _).Select(held => held.Sequence)];

    private static List<DeliveryEvent> Events(params long[] sequences) =>
        [.. sequences.Select(sequence => new DeliveryEvent { Sequence = sequence, Kind = DeliveryEventKind.Accepted, At = Now, MessageId = QueueId.New(Now) })];
}

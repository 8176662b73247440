using System.Diagnostics;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EventTracesTests
{
    [Fact]
    public async Task An_attempt_is_a_span_with_its_duration_in_the_trace_of_its_message()
    {
        var id = QueueId.New(DateTimeOffset.UnixEpoch.AddDays(9));
        var spans = new List<Activity>();
        using var listener = Listen(id, spans);
        using var traces = new EventTraces();
        var at = DateTimeOffset.UnixEpoch.AddDays(10);

        await traces.FollowAsync([new DeliveryEvent { Kind = DeliveryEventKind.Deferred, At = at, MessageId = id, Attempt = 2, DurationMs = 1500, ReplyCode = 451, Recipient = "a@example.net" }]);

        var span = Assert.Single(spans);
        Assert.Equal(("attempt", 1.5, at.UtcDateTime), (span.OperationName, span.Duration.TotalSeconds, span.StartTimeUtc + span.Duration));
        Assert.Equal(Convert.ToHexStringLower(id.ToBytes()), span.TraceId.ToHexString());
        Assert.Equal("example.net", span.GetTagItem("relay.recipient_domain"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);
    }

    [Fact]
    public async Task The_wait_for_the_first_attempt_is_a_span_of_its_own()
    {
        var accepted = DateTimeOffset.UnixEpoch.AddDays(11);
        var id = QueueId.New(accepted);
        var spans = new List<Activity>();
        using var listener = Listen(id, spans);
        using var traces = new EventTraces();

        await traces.FollowAsync(
            [.. new[] { 1, 2 }.Select(attempt => new DeliveryEvent { Kind = DeliveryEventKind.Deferred, At = accepted.AddSeconds(5 * attempt), MessageId = id, Attempt = attempt, DurationMs = 1000, Recipient = "a@example.net" })]);

        Assert.Equal(["queue", "attempt", "attempt"], spans.Select(span => span.OperationName));
        Assert.Equal((accepted.UtcDateTime, TimeSpan.FromSeconds(4)), (spans[0].StartTimeUtc, spans[0].Duration));
        Assert.All(spans, span => Assert.Equal(Convert.ToHexStringLower(id.ToBytes()), span.TraceId.ToHexString()));
    }

    [Fact]
    public async Task A_message_of_a_request_stays_in_the_trace_of_the_request()
    {
        var id = QueueId.New(DateTimeOffset.UnixEpoch.AddDays(8));
        var request = ActivityTraceId.CreateRandom();
        using (var current = new Activity("POST /api/v1/emails").SetParentId(request, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded).Start())
        {
            TraceContexts.Remember(id);
        }

        var spans = new List<Activity>();
        using var listener = Listen(id, spans);
        using var traces = new EventTraces();
        await traces.FollowAsync([new DeliveryEvent { Kind = DeliveryEventKind.Accepted, At = DateTimeOffset.UnixEpoch, MessageId = id }]);

        Assert.Equal(request, Assert.Single(spans).TraceId);
    }

    // Other tests run beside this one: only spans of its own message count.
    private static ActivityListener Listen(QueueId id, List<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EventTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (Equals(span.GetTagItem("relay.message_id"), id.ToString()))
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}

using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>What arrives at an OpenTelemetry collector.</summary>
public sealed class TelemetryTests
{
    private const string Caller = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string CallersSpan = "00f067aa0ba902b7";

    [Theory]
    [InlineData("http")]
    [InlineData("grpc")]
    public async Task A_submission_by_http_is_one_trace_from_the_callers_span_to_the_attempt(string protocol)
    {
        await using var collector = await TelemetryCollector.StartAsync(protocol);
        await using var world = new ApiWorld();
        await world.StartAsync("require_verified_domains = false", $"[telemetry]\nendpoint = \"{collector.Url}\"\nprotocol = \"{protocol}\"\n");
        var key = await world.CreateKeyAsync("traced");

        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{world.ApiPort}/api/v1/emails"))
        {
            Content = new StringContent("""{"from":"app@example.com","to":"user@dest.test","subject":"Traced","text":"Hello"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Authorization", "Bearer " + key);
        request.Headers.Add("traceparent", $"00-{Caller}-{CallersSpan}-01");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        await world.Relay.ReachesAsync("user@dest.test", "delivered");

        // An attempt is told by its event, which comes a moment behind its outcome; what else waits for its turn is sent when the server stops.
        await Poll.UntilAsync("the attempt is told", () => collector.Spans.Any(span => span.TraceId == Caller && span.Name == "attempt"));
        await world.Relay.StopAsync();

        var trace = collector.Spans.Where(span => span.TraceId == Caller).ToList();
        Assert.Equal(["POST /api/v1/emails", "accept", "attempt", "queue"], trace.Select(span => span.Name).Order(StringComparer.Ordinal));
        var door = Assert.Single(trace, span => span.Parent == CallersSpan);
        Assert.All(trace.Where(span => span != door), span => Assert.Equal(door.Id, span.Parent));
        Assert.DoesNotContain(collector.Spans, span => span.TraceId != Caller && span.Name is "accept" or "queue" or "attempt");
        Assert.Contains("relay.queue.accepted", collector.Metrics);
        Assert.Contains("relay.delivery.outcomes", collector.Metrics);
    }

    [Fact]
    public async Task A_message_by_smtp_is_a_trace_named_by_its_id()
    {
        await using var collector = await TelemetryCollector.StartAsync("http");
        await using var world = new ApiWorld();
        await world.StartAsync(more: $"[telemetry]\nendpoint = \"{collector.Url}\"\nprotocol = \"http\"\n");
        await SmtpTalk.SubmitAsync(world.Relay.SmtpPort, "a@example.com", ["user@dest.test"], "From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n"u8.ToArray());
        await world.Relay.ReachesAsync("user@dest.test", "delivered");
        await Poll.UntilAsync("the attempt is told", () => collector.Spans.Any(span => span.Name == "attempt"));
        await world.Relay.StopAsync();

        var spans = collector.Spans.Where(span => span.Name is "accept" or "queue" or "attempt").ToList();
        Assert.Equal(["accept", "attempt", "queue"], spans.Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.Single(spans.Select(span => span.TraceId).Distinct());
    }
}

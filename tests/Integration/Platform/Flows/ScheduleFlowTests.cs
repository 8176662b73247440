using System.Globalization;
using Xunit;
using static Relay.Tests.Integration.ApiFlowWorld;

namespace Relay.Tests.Integration;

/// <summary>Scheduled e-mails: due, moved, cancelled, across restarts.</summary>
[Collection(ApiFlowCollection.Name)]
public sealed class ScheduleFlowTests(ApiFlowWorld flows)
{
    [Fact]
    public async Task Goes_out_when_it_is_due_and_not_before()
    {
        var due = Iso(TimeSpan.FromSeconds(2));
        var id = await flows.SendAsync(Email("due", more: $$""","scheduledAt":"{{due}}" """));
        await flows.BecomesAsync(id, "DELIVERED");

        var events = (await flows.Client.GetAsync($"/v1/emails/{id}"))["emailEvents"].AsArray();
        Assert.Equal("SCHEDULED", events[0]!["status"]!.GetValue<string>());
        Assert.All(events.Skip(1), e => Assert.InRange(e!["createdAt"]!.GetValue<DateTimeOffset>(), DateTimeOffset.Parse(due, CultureInfo.InvariantCulture), DateTimeOffset.MaxValue));
        Assert.Single(flows.Arrived("due"));
    }

    [Fact]
    public async Task Moved_forward_goes_at_its_new_time()
    {
        var id = await flows.SendAsync(Scheduled("moved", TimeSpan.FromHours(5)));
        var answer = await flows.Client.PatchAsync($"/v1/emails/{id}", $$"""{"scheduledAt":"{{Iso(TimeSpan.FromSeconds(1))}}"}""");
        Assert.True(answer.Status == 200, answer.Text);
        await flows.ArrivesAsync("moved");
    }

    [Fact]
    public async Task Cancelled_never_goes()
    {
        var (id, name, ahead) = await CancelInTimeAsync();
        await flows.BecomesAsync(id, "CANCELLED");
        var second = await flows.Client.PostAsync($"/v1/emails/{id}/cancel", "{}");
        Assert.Equal(400, second.Status);
        await flows.SendAsync(Scheduled("after-cancelled", ahead + TimeSpan.FromSeconds(1)));
        await flows.ArrivesAsync("after-cancelled");
        Assert.Empty(flows.Arrived(name));
    }

    [Fact]
    public async Task Moving_and_cancelling_at_once_ends_in_one_clear_state()
    {
        for (var round = 0; round < 10; round++)
        {
            var id = await flows.SendAsync(Scheduled($"race{round}", TimeSpan.FromHours(1)));
            var answers = await Task.WhenAll(
                flows.Client.PatchAsync($"/v1/emails/{id}", $$"""{"scheduledAt":"{{Iso(TimeSpan.FromHours(2))}}"}"""),
                flows.Client.PostAsync($"/v1/emails/{id}/cancel", "{}"),
                flows.Client.PatchAsync($"/v1/emails/{id}", $$"""{"scheduledAt":"{{Iso(TimeSpan.FromHours(3))}}"}"""),
                flows.Client.PostAsync($"/v1/emails/{id}/cancel", "{}"));
            Assert.Equal(1, answers.Count(a => a.Status == 200 && a == answers[1] || a.Status == 200 && a == answers[3]));
            Assert.All(answers, a => Assert.True(a.Status is 200 or 400, a.Text));
            await flows.BecomesAsync(id, "CANCELLED");
        }
    }

    [Fact]
    public async Task Cancelling_as_it_falls_due_either_stops_it_or_says_that_it_is_too_late()
    {
        for (var round = 0; round < 8; round++)
        {
            var name = $"brink{round}";
            var id = await flows.SendAsync(Scheduled(name, TimeSpan.FromMilliseconds(300)));
            await Task.Delay(TimeSpan.FromMilliseconds(200 + (40 * round)), TimeProvider.System);
            var answer = await flows.Client.PostAsync($"/v1/emails/{id}/cancel", "{}");
            if (answer.Status == 200)
            {
                await flows.BecomesAsync(id, "CANCELLED");
                Assert.Empty(flows.Arrived(name));
            }
            else
            {
                Assert.Equal(400, answer.Status);
                await flows.ArrivesAsync(name);
            }
        }
    }

    [Fact]
    public async Task Survives_a_restart_and_a_kill()
    {
        var kept = await flows.SendAsync(Scheduled("kept", TimeSpan.FromSeconds(15)));
        var dropped = await flows.SendAsync(Scheduled("dropped", TimeSpan.FromHours(1)));
        await flows.World.Relay.KillAsync();
        await flows.World.Relay.StartAsync();
        Assert.Equal(200, (await flows.Client.PostAsync($"/v1/emails/{dropped}/cancel", "{}")).Status);
        await flows.ArrivesAsync("kept");
        await flows.BecomesAsync(kept, "DELIVERED");
        Assert.Single(flows.Arrived("kept"));
    }

    // A busy machine may let the first one fall due before the call that cancels it arrives.
    private async Task<(string Id, string Name, TimeSpan Ahead)> CancelInTimeAsync()
    {
        foreach (var seconds in (int[])[2, 10, 50])
        {
            var name = $"cancelled{seconds}";
            var id = await flows.SendAsync(Scheduled(name, TimeSpan.FromSeconds(seconds)));
            if ((await flows.Client.PostAsync($"/v1/emails/{id}/cancel", "{}")).Status == 200)
            {
                return (id, name, TimeSpan.FromSeconds(seconds));
            }
        }

        throw new InvalidOperationException("nothing could be cancelled in time");
    }

    private static string Scheduled(string recipient, TimeSpan ahead) => Email(recipient, more: $$""","scheduledAt":"{{Iso(ahead)}}" """);
}

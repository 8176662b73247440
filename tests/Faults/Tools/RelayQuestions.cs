using System.Text.Json;
using Relay.Tests.Support;

namespace Relay.Tests.Faults;

/// <summary>What tests ask the relay's HTTP API.</summary>
internal static class RelayQuestions
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The queue id in a 250.</summary>
    public static string QueueIdIn(string reply) =>
        reply.StartsWith("250 ", StringComparison.Ordinal) ? reply[(reply.LastIndexOf(' ') + 1)..] : throw new InvalidOperationException("not accepted: " + reply);

    /// <summary>Hands in one message that must be accepted; its queue id.</summary>
    public static async Task<string> AcceptAsync(this RelayProcess relay, string reversePath, IReadOnlyList<string> recipients, byte[] content) =>
        QueueIdIn(await SmtpSender.SubmitAsync(relay.SmtpPort, reversePath, recipients, content));

    public static Task<JsonElement> MessageAsync(this RelayProcess relay, string queueId) => relay.GetAsync("/admin/v1/messages/" + queueId);

    /// <summary>Waits until every recipient of the message is in the state, and the event store tells of it (it follows the queue).</summary>
    public static async Task<JsonElement> WaitForStateAsync(this RelayProcess relay, string queueId, string state, TimeSpan? within = null)
    {
        JsonElement message = default;
        try
        {
            await Poll.UntilAsync(
                $"message {queueId} is {state}",
                async () =>
                {
                    message = await relay.MessageAsync(queueId);
                    var recipients = message.GetProperty("recipients");
                    return recipients.EnumerateArray().All(r => r.Text("state") == state)
                        && message.EventsOf(state).Select(e => e.GetProperty("recipientId").GetInt64()).Distinct().Count() == recipients.GetArrayLength();
                },
                within ?? Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; it is:\n{message}", late);
        }

        return message;
    }

    /// <summary>The events of one kind, oldest first.</summary>
    public static IReadOnlyList<JsonElement> EventsOf(this JsonElement message, string kind) =>
        [.. message.GetProperty("events").EnumerateArray().Where(e => e.GetProperty("kind").GetString() == kind).OrderBy(e => e.GetProperty("sequence").GetInt64())];

    public static string? Text(this JsonElement element, string property) => element.GetProperty(property).GetString();

    /// <summary>Waits until nobody waits for delivery any more.</summary>
    public static Task WaitUntilQueueIsEmptyAsync(this RelayProcess relay, TimeSpan within) => Poll.UntilAsync(
        "the queue is empty",
        async () => (await relay.GetAsync("/admin/v1/queue?limit=1")).GetProperty("entries").GetArrayLength() == 0,
        within);

    /// <summary>Whether mail can be accepted, and what is unwell.</summary>
    public static async Task<(bool IsReady, string Body)> ReadyAsync(this RelayProcess relay)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{relay.AdminPort}/health/ready"));
        return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A figure of /proc/PID/status in MiB, for example VmRSS.</summary>
    public static async Task<long> MemoryMiBAsync(this RelayProcess relay, string figure)
    {
        var lines = await File.ReadAllLinesAsync($"/proc/{relay.ProcessId}/status");
        var line = lines.Single(l => l.StartsWith(figure + ":", StringComparison.Ordinal));
        var kibibytes = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(kibibytes, System.Globalization.CultureInfo.InvariantCulture) / 1024;
    }
}

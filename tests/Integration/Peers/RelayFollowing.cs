using System.Text.Json;
using Relay.Tests.Support;

namespace Relay.Tests.Integration;

/// <summary>Follows messages through a running relay by its admin API.</summary>
internal static class RelayFollowing
{
    private const string AllStates = "scheduled,ready,leased,deferred,held,delivered,bounced,expired,cancelled,suppressed,captured";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Entries of the queue, final ones too, whose recipient, From or Subject contains the text; newest first.</summary>
    public static async Task<IReadOnlyList<JsonElement>> EntriesAsync(this RelayProcess relay, string search)
    {
        var page = await relay.GetAsync($"/admin/v1/queue?limit=500&state={AllStates}&search={Uri.EscapeDataString(search)}");
        return [.. page.GetProperty("entries").EnumerateArray()];
    }

    /// <summary>The only entry of this recipient, once it is in the state.</summary>
    public static async Task<JsonElement> ReachesAsync(this RelayProcess relay, string recipient, string state)
    {
        JsonElement? found = null;
        var last = "nothing";
        try
        {
            await Poll.UntilAsync(
                $"{recipient} is {state}",
                async () =>
                {
                    var entries = await relay.EntriesAsync(recipient);
                    last = string.Join('\n', entries);
                    var there = entries.Where(e => e.GetProperty("state").GetString() == state && (!recipient.Contains('@') || e.Word("recipient") == recipient)).ToList();
                    found = there.Count > 0 ? there[0] : null;
                    return found is not null;
                },
                Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; the queue has: {last}\nthe relay printed:\n{relay.Output}");
        }

        return found!.Value;
    }

    /// <summary>The last event of this kind for the recipient; waits for it.</summary>
    public static async Task<JsonElement> EventAsync(this RelayProcess relay, string recipient, string kind)
    {
        JsonElement[] events = [];
        try
        {
            await Poll.UntilAsync(
                $"a {kind} event for {recipient}",
                async () =>
                {
                    var page = await relay.GetAsync($"/admin/v1/events?kind={kind}&recipient={Uri.EscapeDataString(recipient)}");
                    events = [.. page.GetProperty("entries").EnumerateArray()];
                    return events.Length > 0;
                },
                Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; the queue has: {string.Join('\n', await relay.EntriesAsync(recipient))}\nthe relay printed:\n{relay.Output}");
        }

        return events[0];
    }

    /// <summary>The message as it is kept, prefix and content.</summary>
    public static Task<byte[]> RawAsync(this RelayProcess relay, JsonElement entry) =>
        relay.GetBytesAsync($"/admin/v1/messages/{entry.Word("messageId")}/raw");

    public static string? Word(this JsonElement element, string name) =>
        element.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : null;
}

using System.Text.Json;

namespace Relay;

/// <summary>What an event says of its outcome, for people.</summary>
internal static class EventText
{
    private const int LineLength = 160;

    /// <summary>As <see cref="Of"/>, cut for a list of one line each: what is found about a message may fill a screen.</summary>
    public static string Short(JsonElement item) => Of(item) is { Length: > LineLength } text ? text[..LineLength] + "…" : Of(item);

    /// <summary>Codes and text as far as there are any. An outcome that nobody knows is told apart from a failure.</summary>
    public static string Of(JsonElement item)
    {
        var doubt = item.Text("class") == "unknown" ? "[unknown]" : string.Empty;
        return string.Join(' ', new[] { item.Text("replyCode"), item.Text("enhancedCode"), doubt, item.Text("text") }.Where(part => part.Length > 0));
    }
}

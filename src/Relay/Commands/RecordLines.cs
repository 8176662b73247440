using System.Text.Json;

namespace Relay;

/// <summary>DNS records and advice about them as lines of a master file, ready to paste.</summary>
internal static class RecordLines
{
    /// <summary>Strings of at most 255 octets (RFC 1035 §3.3).</summary>
    public static string Of(JsonElement record) => $"{record.Text("name")}. IN {record.Text("type")} {Value(record)}";

    /// <summary>What is good to have besides: what is in order in one line, the rest with what to do and to publish.</summary>
    public static async Task WriteAdviceAsync(TextWriter output, JsonElement domain)
    {
        var advice = domain.GetProperty("advice").EnumerateArray().ToList();
        if (advice.Count == 0)
        {
            return;
        }

        await output.WriteLineAsync($"; good to have besides, no mail waits for it; looked up {advice[0].Time("lookedAt")}");
        foreach (var item in advice)
        {
            await output.WriteLineAsync($"; {item.Text("check")} {item.Text("state")}: {item.Text("found")}");
            foreach (var line in ToDo(item, "; "))
            {
                await output.WriteLineAsync(line);
            }
        }
    }

    /// <summary>The remedy, the records and the file; nothing for what is in order.</summary>
    /// <param name="comment">Put before what is no record.</param>
    public static IEnumerable<string> ToDo(JsonElement advice, string comment)
    {
        if (advice.Text("remedy") is { Length: > 0 } remedy)
        {
            yield return $"{comment}→ {remedy}";
        }

        foreach (var record in advice.GetProperty("records").EnumerateArray())
        {
            yield return Of(record);
        }

        if (advice.GetProperty("file") is { ValueKind: JsonValueKind.Object } file)
        {
            yield return $"{comment}{file.Text("url")} (text/plain):";
            foreach (var line in file.Text("text").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                yield return $"{comment}  {line}";
            }
        }
    }

    private static string Value(JsonElement record) => record.Text("type") switch
    {
        "TXT" => $"( {string.Join(' ', record.Text("value").Chunk(255).Select(part => $"\"{new string(part)}\""))} )",
        "MX" => $"{record.Text("priority")} {record.Text("value")}.",
        "A" or "AAAA" => record.Text("value"),
        _ => record.Text("value") + ".",
    };
}

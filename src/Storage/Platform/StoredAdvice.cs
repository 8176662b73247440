using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Relay.Senders;

namespace Relay.Storage;

/// <summary>Advice on a domain's records at rest: JSON; unknown members of later versions are ignored.</summary>
internal static class StoredAdvice
{
    private static readonly StoredAdviceContext Context = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter<AdviceState>() },
    });

    public static string? Write(IReadOnlyList<RecordAdvice> advice) =>
        advice.Count == 0 ? null : JsonSerializer.Serialize(advice, Context.IReadOnlyListRecordAdvice);

    public static IReadOnlyList<RecordAdvice> Read(string? json) =>
        json is null ? [] : JsonSerializer.Deserialize(json, Context.IReadOnlyListRecordAdvice)!;
}

[JsonSerializable(typeof(IReadOnlyList<RecordAdvice>))]
internal sealed partial class StoredAdviceContext : JsonSerializerContext;

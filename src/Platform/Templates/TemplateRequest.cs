using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Relay.Platform.Templates;

/// <summary>What a request says of a template.</summary>
internal sealed class TemplateRequest
{
    public const int MaxNameLength = 100;
    public const int MaxSubjectLength = 2000;
    public const int MaxSourceBytes = 512 * 1024;
    public const int MaxVariables = 200;
    public const int MaxValueLength = 64 * 1024;

    // Two sources of 512 KiB, every character of them escaped.
    private const long MaxBodyBytes = 8 * 1024 * 1024;

    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <summary>An empty request, as a body that is left out means.</summary>
    public static TemplateRequest Empty { get; } = new();

    /// <summary>Null when absent, null or empty.</summary>
    public string? Subject { get; private set; }

    public string? Html { get; private set; }

    public string? Text { get; private set; }

    public bool IsStrict { get; private set; }

    public int? Version { get; private set; }

    /// <summary>Declared variables with their defaults, null for none; empty when absent.</summary>
    public IReadOnlyDictionary<string, string?> Variables { get; private set; } = new Dictionary<string, string?>();

    /// <summary>1–100 characters on one line.</summary>
    /// <exception cref="BadFieldException">There is none.</exception>
    public string Name => string.IsNullOrEmpty(NameOrNone) ? throw new BadFieldException(ApiFault.BadField("name", "is required")) : NameOrNone;

    private string? NameOrNone { get; set; }

    /// <exception cref="BadFieldException">It is no JSON object, or a field is not as it must be.</exception>
    public static async ValueTask<TemplateRequest> ReadAsync(HttpContext context) =>
        (await JsonBody.ReadAsync(context, MaxBodyBytes, Read)).Failed(out var fault, out var request) ? throw new BadFieldException(fault) : request;

    public bool Has(string field) => _given.Contains(field);

    /// <summary>Values to render with.</summary>
    /// <exception cref="BadFieldException">One is null.</exception>
    public IReadOnlyDictionary<string, string> Values() => Variables.ToDictionary(
        variable => variable.Key,
        variable => variable.Value ?? throw new BadFieldException(ApiFault.BadField($"variables.{variable.Key}", "must be a string")),
        StringComparer.Ordinal);

    private static TemplateRequest Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var request = new TemplateRequest();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) =>
        {
            request._given.Add(name);
            request.ReadMember(ref value, faults, name);
        });
        return request;
    }

    private void ReadMember(ref Utf8JsonReader reader, FieldFaults faults, string name)
    {
        switch (name)
        {
            case "name":
                NameOrNone = JsonFields.Setting(ref reader, faults, name, MaxNameLength);
                break;
            case "subject":
                Subject = NullIfEmpty(JsonFields.TextOrEmpty(ref reader, faults, name, MaxSubjectLength));
                break;
            case "html":
                Html = ReadSource(ref reader, faults, name);
                break;
            case "text":
                Text = ReadSource(ref reader, faults, name);
                break;
            case "strict":
                IsStrict = JsonFields.Flag(ref reader, faults, name) ?? false;
                break;
            case "version":
                Version = JsonFields.Whole(ref reader, faults, name, 1, int.MaxValue);
                break;
            case "variables":
                Variables = ReadVariables(ref reader, faults, name);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static string? ReadSource(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var source = JsonFields.TextOrEmpty(ref reader, faults, field, MaxSourceBytes);
        if (source is not null && Encoding.UTF8.GetByteCount(source) > MaxSourceBytes)
        {
            faults.Add(field, $"is larger than {MaxSourceBytes} octets");
        }

        return NullIfEmpty(source);
    }

    private static Dictionary<string, string?> ReadVariables(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var variables = JsonFields.Map(ref reader, faults, field, MaxVariables, (ref Utf8JsonReader value, string place) =>
            JsonFields.TextOrEmpty(ref value, faults, place, MaxValueLength));
        return new Dictionary<string, string?>((variables ?? []).DistinctBy(variable => variable.Key), StringComparer.Ordinal);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>A field of a request is not as it must be.</summary>
internal sealed class BadFieldException(ApiFault fault) : Exception(fault.Message)
{
    public ApiFault Fault => fault;
}

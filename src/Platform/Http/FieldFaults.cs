namespace Relay.Platform;

/// <summary>Collects what is wrong with one object of a request: the first fault is told, by the field's name as the client wrote it.</summary>
/// <param name="prefix">Place of the object, for example <c>[3]</c>; empty for the body itself.</param>
public sealed class FieldFaults(string prefix = "")
{
    public ApiFault? First { get; private set; }

    /// <summary>Name of a field with the place of its object.</summary>
    public string Name(string field) => prefix.Length == 0 ? field : field.Length == 0 ? prefix : $"{prefix}.{field}";

    /// <summary>Takes over what was found wrong with a part of the object.</summary>
    public void Take(FieldFaults part) => First ??= part.First;

    public void Add(string field, string problem) => First ??= ApiFault.BadField(Name(field), problem);

    public void Require(string field, object? value)
    {
        if (value is null)
        {
            Add(field, "is required");
        }
    }

    /// <summary>The whole cannot be read, whatever was found wrong before.</summary>
    public void Fail(ApiFault fault) => First = fault;

    /// <param name="make">Makes a fault of another status of the message, which names the field.</param>
    public void Add(string field, string problem, Func<string, ApiFault> make) => First ??= make(Name(field) is { Length: > 0 } name ? $"{name}: {problem}" : problem);
}

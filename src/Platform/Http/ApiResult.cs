using System.Diagnostics.CodeAnalysis;

namespace Relay.Platform;

/// <summary>A value, or the fault that stands in its place.</summary>
public readonly record struct ApiResult<T>
    where T : class
{
    private ApiResult(T? value, ApiFault? fault)
    {
        Value = value;
        Fault = fault;
    }

    public T? Value { get; }

    public ApiFault? Fault { get; }

    public bool Failed([NotNullWhen(true)] out ApiFault? fault, [NotNullWhen(false)] out T? value)
    {
        fault = Fault;
        value = Value;
        return fault is not null;
    }

    public static implicit operator ApiResult<T>(T value) => new(value, null);

    public static implicit operator ApiResult<T>(ApiFault fault) => new(null, fault);
}

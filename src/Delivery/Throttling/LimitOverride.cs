namespace Relay.Delivery;

/// <summary>Limits of one path lowered for a time, with who did it and why. What is null stays as it is; of several limits the lowest holds.</summary>
internal sealed record LimitOverride
{
    /// <summary>Who set it, for example the name of a rule; a later one of the same name takes its place.</summary>
    public required string Name { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset Until { get; init; }

    /// <summary>1 or more.</summary>
    public int? MaxConnections { get; init; }

    public MessageRate? MessageRate { get; init; }

    /// <summary>Nothing goes at all until then; what waits in the path's queue is given back uncounted.</summary>
    public bool IsSuspension { get; init; }
}

namespace Relay.Delivery;

/// <summary>A queue key taken apart: the destination, and the routing rule that applies.</summary>
/// <param name="Destination">Recipient domain, bracketed literal, or <c>@name</c> of an internal route.</param>
/// <param name="Rule">Name of a rule; null when none applies.</param>
internal readonly record struct RouteKey(string Destination, string? Rule)
{
    /// <summary>True when an operator released captured mail: sandbox, capture and discard do not apply.</summary>
    public bool IsReal => Rule == Queue.Submission.DeliverRule;

    /// <summary>The route to which an operator bound this mail; null when none did.</summary>
    public string? BoundRoute => Rule?.Split(':', 2) is ["route", var name] ? name : null;

    /// <summary>The pool to which an operator bound this mail; null when none did.</summary>
    public string? BoundPool => Rule?.Split(':', 2) is ["pool", var name] ? name : null;

    // No domain and no literal has it.
    private const char Separator = '#';

    public static RouteKey Parse(string queueKey)
    {
        var separator = queueKey.IndexOf(Separator, StringComparison.Ordinal);
        return separator < 0 ? new RouteKey(queueKey, null) : new RouteKey(queueKey[..separator], queueKey[(separator + 1)..]);
    }

    public override string ToString() => Rule is null ? Destination : $"{Destination}{Separator}{Rule}";
}

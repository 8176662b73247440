namespace Relay.Delivery;

/// <summary>Rates that hold together: the one of the shortest period is spread evenly, the others are budgets that may be used up at any pace below it.</summary>
public sealed class MessageRates
{
    /// <param name="rates">At least one.</param>
    public MessageRates(IEnumerable<MessageRate> rates)
    {
        Items = [.. rates.OrderBy(r => r.Period)];
        ArgumentOutOfRangeException.ThrowIfZero(Items.Count, nameof(rates));
    }

    /// <summary>By length of the period.</summary>
    public IReadOnlyList<MessageRate> Items { get; }

    public MessageRate Pace => Items[0];

    public IEnumerable<MessageRate> Budgets => Items.Skip(1);

    public static implicit operator MessageRates(MessageRate rate) => FromMessageRate(rate);

    public static MessageRates FromMessageRate(MessageRate rate) => new([rate]);

    public override string ToString() => string.Join(", ", Items);
}
